import { describe, expect, it } from '@jest/globals';

import { listQuery } from '../../sample/src/documents/document-list.js';
import { receivedName, slugOf } from '../../sample/src/documents/names.js';
import { csvRows } from '../../sample/src/page/csv-rows.js';
import { documentsPage } from '../../sample/src/page/documents.page.js';
import { html } from '../../sample/src/page/html.js';
import { kindOf, readableKind } from '../../sample/src/page/kind.js';
import { readableSize, readableTerm } from '../../sample/src/page/readable.js';

describe('the pages of the sample', () => {
  it('escape what they are given, once', () => {
    const name = html`<b title="${`"<&'`}">${'<i>'}</b>`;
    const escaped = '<b title="&#34;&#60;&#38;&#39;">&#60;i&#62;</b>';
    expect(name.text).toBe(escaped);
    expect(html`${name}${[name]}${undefined}${0}`.text).toBe(
      `${escaped}${escaped}0`,
    );
  });

  it('say what to do where there is nothing', () => {
    const page = documentsPage({
      ...{ documents: [], total: 0, allTags: [] },
      ...listQuery({}),
    });
    expect(page).toContain('Add the first document above.');
    expect(page).not.toContain('<table');
  });

  it.each([
    ['Übersicht 2026.pdf', 'ubersicht-2026'],
    ['日本.txt', 'document'],
    ['.env', 'env'],
    ['a/../b.txt', 'b'],
    ['x'.repeat(300), 'x'.repeat(60)],
  ])('have %j at /documents/%s', (name, slug) => {
    expect(slugOf(name)).toBe(slug);
  });

  it('show a name without what is invisible and does harm', () => {
    expect(receivedName(' a\r\nb\0.txt ')).toBe('ab.txt');
    expect(receivedName('\t')).toBe('unnamed');
    // What is written from right to left from here on looks like a picture.
    expect(receivedName('a\u202Egnp.exe')).toBe('agnp.exe');
  });

  it('have no name that is too long', () => {
    const name = 'x'.repeat(255);
    expect(receivedName(name)).toBe(name);
    expect(() => receivedName(`${name}x`)).toThrow('255 characters');
  });

  it.each([
    ['IMAGE/PNG', 'image'],
    ['image/svg+xml', 'drawing'],
    ['text/csv; charset=utf-8', 'table'],
    ['text/plain; charset=utf-8', 'text'],
    ['text/html', 'file'],
    ['application/pdf', 'pdf'],
    ['', 'file'],
  ])('take %j for: %s', (contentType, kind) => {
    expect(kindOf(contentType)).toBe(kind);
  });

  it.each([
    ['Report.PDF', 'application/pdf', 'PDF document'],
    ['a.b.webm', 'video/webm', 'WEBM video'],
    ['notes', 'text/plain; charset=utf-8', 'A file'],
    ['backup.tar.gz', 'application/gzip', 'GZ file'],
  ])('call %s, which is %s, a %s', (name, contentType, words) => {
    expect(readableKind(name, contentType)).toBe(words);
  });

  it.each([
    [7 * 86_400 - 1, 'in 6 days'],
    [2 * 86_400 - 1, 'in 47 hours'],
    [7200 - 1, 'in 120 minutes'],
    [1, 'in 1 minute'],
    [-5, 'in 0 minutes'],
  ])('say of %d seconds that are left: %s', (seconds, text) => {
    const now = Date.now();
    expect(readableTerm(new Date(now + seconds * 1000), now)).toBe(text);
  });

  it('ask for what a URL says, and for nothing that it cannot mean', () => {
    const all = { search: '', tag: '', sort: 'newest', page: 1 };
    expect(listQuery({})).toEqual(all);
    expect(
      listQuery({ search: ['a'], sort: 'constructor', page: '-3' }),
    ).toEqual(all);
    const query = { search: 'a', tag: 'b', sort: 'name', page: '2' };
    expect(listQuery(query)).toEqual({ ...query, page: 2 });
  });

  it.each([
    [
      'a,b\r\n1,2\r\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a;b\n"x;""y""\nz";\n',
      [
        ['a', 'b'],
        ['x;"y"\nz', ''],
      ],
    ],
    [',', [['']]],
    ['"never closed', [['never closed']]],
    ['', []],
  ])('show %j as a table', (text, rows) => {
    expect(csvRows(text)).toEqual(rows);
  });

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1234, '1.23 kB'],
    [1_000_000_000, '1 GB'],
    [5e12, '5000 GB'],
  ])('say of %d bytes: %s', (bytes, text) => {
    expect(readableSize(bytes)).toBe(text);
  });
});
