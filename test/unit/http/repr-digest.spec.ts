import { createHash } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import {
  toReprDigest,
  wantedReprDigest,
} from '../../../lib/http/repr-digest.js';

// The example of RFC 9530, B.1.
const BYTES = '{"hello": "world"}\n';
const SHA_256 = 'sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:';
const sha256 = createHash('sha256').update(BYTES);
const [hex, base64, url] = (['hex', 'base64', 'base64url'] as const).map(
  (encoding) => sha256.copy().digest(encoding),
);
const sha512 = createHash('sha512').update(BYTES).digest();
const SHA_512 = `sha-512=:${sha512.toString('base64')}:`;

describe('toReprDigest()', () => {
  it.each<[string, unknown, string]>([
    ['hexadecimal', hex, SHA_256],
    ['capital hexadecimal', hex.toUpperCase(), SHA_256],
    ['base64', base64, SHA_256],
    ['base64url', url, SHA_256],
    ['the integrity of a script', `sha256-${base64}`, SHA_256],
    ['a name before a colon', `sha256:${hex}`, SHA_256],
    ['a field value', SHA_256, SHA_256],
    ['two', `${SHA_512}, ${SHA_256}`, `${SHA_512}, ${SHA_256}`],
    ['one of several that is known', `md5=:AAAA:, ${SHA_256}`, SHA_256],
    ['bytes', sha256.copy().digest(), SHA_256],
    ['SHA-512', sha512.toString('hex'), SHA_512],
    ['bytes of SHA-512', new Uint8Array(sha512), SHA_512],
  ])('reads %s', (_what, value, digest) => {
    expect(toReprDigest(value)).toBe(digest);
  });

  it.each<[unknown]>([
    [undefined],
    [null],
    [''],
    [7],
    [{}],
    ['d41d8cd98f00b204e9800998ecf8427e'],
    [`${hex}00`],
    [hex.slice(1)],
    [`sha512-${base64}`],
    [`sha-512=:${base64}:`],
    [`sha-256=:${hex}:`],
    [`${base64}\r\nX-Evil: 1`],
    [Buffer.alloc(16)],
  ])('reads nothing from %p', (value) => {
    expect(toReprDigest(value)).toBeUndefined();
  });
});

describe('wantedReprDigest()', () => {
  const both = `${SHA_256}, ${SHA_512}`;

  it.each<[string | undefined, string | undefined]>([
    [undefined, both],
    ['sha-256=1', SHA_256],
    ['sha-512=3, sha-256=10', SHA_256],
    ['sha-512=10,\tsha-256=3, md5=5', SHA_512],
    ['sha-256=0', SHA_512],
    ['sha-256=0, sha-512=0', undefined],
    ['sha=10', both],
    ['sha-256', both],
    ['sha-256=11', both],
    ['sha-256=-1', both],
    ['', both],
    ['sha-256=1;q=2', both],
  ])('knows what is wanted by %p', (wanted, digest) => {
    expect(wantedReprDigest(both, wanted)).toBe(digest);
  });

  it('gives another one than the client knows, which may be of use all the same', () => {
    expect(wantedReprDigest(SHA_256, 'sha-512=10')).toBe(SHA_256);
  });
});
