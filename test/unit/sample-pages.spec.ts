import { describe, expect, it } from '@jest/globals';

import { receivedName, slugOf } from '../../sample/src/documents/names.js';
import { documentsPage } from '../../sample/src/page/documents.page.js';
import { html } from '../../sample/src/page/html.js';
import { kindOf } from '../../sample/src/page/kind.js';
import { readableSize } from '../../sample/src/page/readable.js';

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
    const page = documentsPage([]);
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
    ['image/svg+xml', 'file'],
    ['text/plain; charset=utf-8', 'text'],
    ['text/html', 'file'],
    ['application/pdf', 'pdf'],
    ['', 'file'],
  ])('take %j for: %s', (contentType, kind) => {
    expect(kindOf(contentType)).toBe(kind);
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
