import { describe, expect, it } from '@jest/globals';

import fc from 'fast-check';

import { anyText } from '../any-text.js';
import { directoryOf, newKey } from '../../../lib/files/storage-file.js';
import { hasDotfile, keySegments } from '../../../lib/storages/storage-key.js';

describe('newKey()', () => {
  it.each([
    ['', 'report.pdf', 'report.pdf'],
    ['invoices/2026', 'report.pdf', 'invoices/2026/report.pdf'],
    ['a', '../../etc/passwd', 'a/passwd'],
    ['a', 'C:\\Temp\\Übersicht 日本.txt', 'a/Übersicht 日本.txt'],
    ['a', '.htaccess', 'a/htaccess'],
    ['a', '. .. .con', 'a/_con'],
    ['a', '..', 'a/download'],
    ['a', '', 'a/download'],
    ['a', 'x\0y\r\n.txt', 'a/xy.txt'],
  ])('in %j for a file named %j is %j', (directory, name, key) => {
    expect(newKey(directory, name)).toBe(key);
  });

  it('is taken by every storage, whatever the name is', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 400 }), (name) => {
        const segments = keySegments(newKey('a', name));
        expect(segments).toHaveLength(2);
        expect(hasDotfile(segments)).toBe(false);
        expect(Buffer.byteLength(segments[1])).toBeLessThanOrEqual(255);
      }),
    );
  });
});

describe('directoryOf()', () => {
  it.each([
    ['a/b/c.txt', 'a/b'],
    ['c.txt', ''],
  ])('of %j is %j', (key, directory) => {
    expect(directoryOf(key)).toBe(directory);
  });
});
