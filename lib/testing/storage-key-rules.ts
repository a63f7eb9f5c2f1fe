import { strict as assert } from 'node:assert';

import { SuspiciousPathError } from '../errors/download-errors.js';
import {
  CONTENT,
  rejects,
  type StorageCheck,
  textOf,
} from './storage-check.js';

const DIFFICULT = [
  '100%41?.txt',
  'a#b&c+d;e.txt',
  'q\'uo"te.txt',
  '日本 é.txt',
  'a..b',
  ' a',
];
const REFUSED = [
  '',
  '.',
  '..',
  '../up',
  'a/..',
  'a/../b',
  './a',
  'a/.',
  'a//b',
  'a/',
  '/',
  '/etc/passwd',
  'a\0b',
  'a\ud800b',
];

/**
 * Which keys a storage takes.
 *
 * @internal
 */
export const KEY_RULES: Readonly<Record<string, StorageCheck>> = {
  'keeps names that are difficult elsewhere': async (storage) => {
    for (const name of DIFFICULT) {
      assert.equal(await storage.save(name, name), name);
    }
    for (const name of DIFFICULT) {
      assert.equal(await textOf(storage, name), name);
    }
  },
  'refuses keys that leave it': async (storage) => {
    for (const key of REFUSED) {
      for (const call of [
        () => storage.stat(key),
        () => storage.open(key),
        () => storage.exists(key),
        () => storage.save(key, CONTENT),
        () => storage.delete(key),
        ...(storage.url ? [() => storage.url?.(key)] : []),
        ...(storage.path ? [() => storage.path?.(key)] : []),
        ...(storage.temporaryUrl
          ? [() => storage.temporaryUrl?.(key, { expiresIn: 60 })]
          : []),
      ]) {
        await rejects(call, SuspiciousPathError);
      }
    }
  },
};
