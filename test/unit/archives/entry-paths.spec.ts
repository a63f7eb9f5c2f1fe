import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { EntryPaths } from '../../../lib/archives/entry-paths.js';

/** Where each of some files comes to lie, in their order. */
function placed(...paths: string[]): string[] {
  const all = new EntryPaths();
  return paths.map((path) =>
    path.endsWith('/') ? (all.ofDirectory(path) ?? '') : all.ofFile(path),
  );
}

describe('A path inside an archive', () => {
  it.each([
    ['2026/terms.pdf', '2026/terms.pdf'],
    ['../../etc/passwd', 'etc/passwd'],
    ['a/../b.txt', 'a/b.txt'],
    ['/etc/passwd', 'etc/passwd'],
    ['//server/share/a.txt', 'server/share/a.txt'],
    ['C:\\Windows\\a.dll', 'Windows/a.dll'],
    ['c:a.txt', 'ca.txt'],
    ['..\\..\\a.txt', 'a.txt'],
    ['a/./b//c.txt', 'a/b/c.txt'],
    ['a\0b\n.txt', 'ab.txt'],
    ['photo\u202egpj.exe', 'photogpj.exe'],
    ['a/con.txt/nul', 'a/_con.txt/_nul'],
    ['a./b .txt. ', 'a/b .txt'],
    ['..', 'download'],
    ['...', 'download'],
    ['日本/é.txt', '日本/é.txt'],
    ['.hidden/.gitignore', '.hidden/.gitignore'],
  ])('%j is %j', (path, own) => {
    expect(placed(path)).toEqual([own]);
  });

  it('is made from a title without reading slashes in it', () => {
    expect(new EntryPaths().ofName('Terms 1/2: 2026.pdf')).toBe(
      'Terms 1_2 2026.pdf',
    );
  });

  it('gets a number where another file has it, whatever the case', () => {
    expect(placed('a.txt', 'a.txt', 'A.TXT', 'a (2).txt')).toEqual([
      'a.txt',
      'a (2).txt',
      'A (3).TXT',
      'a (2) (2).txt',
    ]);
  });

  it('gets a number where another writes the accent in two characters', () => {
    expect(placed('\u00e9.txt', 'e\u0301.txt')).toEqual([
      '\u00e9.txt',
      'e\u0301 (2).txt',
    ]);
  });

  it('keeps files and directories of one name apart', () => {
    expect(placed('a', 'a/b', 'A/c', 'd/e', 'D')).toEqual([
      'a',
      'a (2)/b',
      'a (2)/c',
      'd/e',
      'D (2)',
    ]);
  });

  it('writes a directory in one way, as it came first', () => {
    expect(placed('Photos/a.jpg', 'photos/b.jpg')).toEqual([
      'Photos/a.jpg',
      'Photos/b.jpg',
    ]);
  });

  it('names an empty directory once', () => {
    expect(placed('a/', 'a/', 'b/c/', 'b/')).toEqual(['a/', '', 'b/c/', 'b/']);
  });

  it('finds ten thousand names for one in no time', () => {
    const paths = Array.from({ length: 10_000 }, () => 'photo.jpg');
    expect(new Set(placed(...paths)).size).toBe(10_000);
  });

  it('keeps the extension of a name that gets too long by its number', () => {
    const long = `${'é'.repeat(125)}.txt`;
    const [, second] = placed(long, long);
    expect(second).toMatch(/^é+ \(2\)\.txt$/);
    expect(Buffer.byteLength(second)).toBeLessThanOrEqual(255);
  });

  it('loses its first directories where it is longer than any system takes', () => {
    const [path] = placed(`${'directory/'.repeat(1000)}a.txt`);
    expect(Buffer.byteLength(path)).toBeLessThanOrEqual(4000);
    expect(path).toMatch(/^directory\/.*\/a\.txt$/);
  });

  it('never leaves the folder, and is never one of two, whatever it is made from', () => {
    const segment = fc.oneof(
      fc.constantFrom('..', '.', '', 'a', 'A', 'C:', 'nul', 'é', 'e\u0301'),
      fc.string({ unit: 'grapheme' }),
    );
    const path = fc
      .array(segment, { minLength: 1, maxLength: 4 })
      .chain((segments) =>
        fc.constantFrom('/', '\\').map((slash) => segments.join(slash)),
      );
    fc.assert(
      fc.property(fc.array(path, { maxLength: 12 }), (paths) => {
        const all = new EntryPaths();
        const own = paths.map((given) => all.ofFile(given));
        for (const one of own) {
          expect(one).not.toMatch(/^\/|\\|^[A-Za-z]:|\0/);
          expect(one.split('/')).not.toContain('..');
          expect(one.split('/')).not.toContain('');
        }
        const plain = own.map((one) => one.normalize('NFC').toLowerCase());
        expect(new Set(plain).size).toBe(own.length);
        const isDirectory = (one: string): boolean =>
          plain.some((other) => other.startsWith(`${one}/`));
        expect(plain.filter(isDirectory)).toEqual([]);
      }),
    );
  });
});
