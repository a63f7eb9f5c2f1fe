import { describe, expect, it } from '@jest/globals';
import { instanceToPlain } from 'class-transformer';
import { ContentFile, InvalidOptionsError } from 'nestjs-downloadview';

import { bytesOf, textOf } from '../../support/clients/bytes-of.js';

describe('ContentFile', () => {
  it('counts a text in bytes of UTF-8, and says that it is', async () => {
    const file = new ContentFile('日本 é\n', { name: 'a.txt' });
    expect(file.name).toBe('a.txt');
    expect(file.stat()).toMatchObject({ size: 10, charset: 'utf-8' });
    expect(await textOf(file.open())).toBe('日本 é\n');
  });

  it('leaves bytes as they are, and knows no charset of theirs', async () => {
    const bytes = Uint8Array.of(0, 255, 128, 10);
    const file = new ContentFile(bytes, { name: 'a.bin' });
    expect(file.stat().size).toBe(4);
    expect(file.stat().charset).toBeUndefined();
    expect([...(await bytesOf(file.open()))]).toEqual([...bytes]);
  });

  it('may be empty', async () => {
    for (const content of ['', new Uint8Array()]) {
      const file = new ContentFile(content, { name: 'a.txt' });
      expect(file.stat().size).toBe(0);
      expect(await textOf(file.open())).toBe('');
    }
  });

  it.each([
    ['the whole', {}, '0123456789'],
    ['one byte', { start: 3, end: 3 }, '3'],
    ['the middle', { start: 2, end: 5 }, '2345'],
    ['the rest', { start: 7 }, '789'],
    ['up to a byte', { end: 2 }, '012'],
    ['more than there is', { start: 8, end: 99 }, '89'],
    ['nothing behind the end', { start: 10 }, ''],
  ])('reads %s, as often as it is asked', async (_, window, text) => {
    const file = new ContentFile('0123456789', { name: 'a.txt' });
    expect(await textOf(file.open(window))).toBe(text);
    expect(await textOf(file.open(window))).toBe(text);
  });

  it('has the time and the tag that it is given, the tag in quotes', () => {
    const lastModified = new Date('2026-01-02T03:04:05Z');
    const stat = (etag?: string) =>
      new ContentFile('a', { name: 'a', lastModified, etag }).stat();
    expect(stat('v1')).toMatchObject({ lastModified, etag: '"v1"' });
    expect(stat('"v1"').etag).toBe('"v1"');
    expect(stat('W/"v1"').etag).toBe('W/"v1"');
    expect(stat().etag).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['a number', 7],
    ['nothing', undefined],
    ['a list of numbers', [1, 2]],
    ['an ArrayBuffer', new ArrayBuffer(2)],
  ])('refuses %s as content', (_, content) => {
    const create = () => new ContentFile(content as string, { name: 'a' });
    expect(create).toThrow(InvalidOptionsError);
    expect(create).toThrow('Give a string or a Uint8Array.');
  });

  it.each<[string, unknown]>([
    ['name', undefined],
    ['lastModified', '2026-01-01'],
    ['etag', 7],
  ])('refuses %s: %j', (option, value) => {
    const options = { name: 'a.txt', [option]: value };
    expect(() => new ContentFile('a', options)).toThrow(
      `ContentFile.${option}`,
    );
  });

  it('is serialised by its name alone', () => {
    const file = new ContentFile('secret', { name: 'a.txt' });
    expect(JSON.parse(JSON.stringify({ file }))).toEqual({
      file: { name: file.name },
    });
    expect(JSON.stringify(instanceToPlain({ file }))).not.toContain('/');
  });
});
