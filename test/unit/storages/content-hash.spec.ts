import { createHash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { ContentHashes } from '../../../lib/storages/content-hash.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../../support/files/temporary-directory.js';

const sha256 = (content: string | Buffer): string =>
  createHash('sha256').update(content).digest('base64url');

describe('hashes of contents', () => {
  let directory: TemporaryDirectory;

  beforeEach(async () => {
    directory = await temporaryDirectory();
  });

  afterEach(() => directory.remove());

  it('are computed once for a version, and remembered', async () => {
    const hashes = new ContentHashes();
    const path = await directory.write('a', 'a');
    const descriptor = openSync(path, 'r');
    const first = hashes.of('version', descriptor, path);
    expect(hashes.of('version', descriptor, path)).toBe(first);
    expect(await first).toBe(sha256('a'));
    expect(hashes.of('version', descriptor, path)).toBe(sha256('a'));
    closeSync(descriptor);
  });

  it('are finished when whoever asked has closed the file, and others have opened theirs', async () => {
    const hashes = new ContentHashes();
    const contents = Array.from({ length: 12 }, (_, index) =>
      Buffer.alloc(3_000_000, `content ${index}`),
    );
    const asked: Promise<string>[] = [];
    for (const [index, content] of contents.entries()) {
      const path = await directory.write(`${index}`, content);
      const descriptor = openSync(path, 'r');
      asked.push(Promise.resolve(hashes.of(`${index}`, descriptor, path)));
      closeSync(descriptor);
    }
    expect(await Promise.all(asked)).toEqual(contents.map(sha256));
  });

  it('fail as reading fails, and are tried again', async () => {
    const hashes = new ContentHashes();
    const descriptor = openSync(directory.path, 'r');
    await expect(
      hashes.of('version', descriptor, directory.path),
    ).rejects.toMatchObject({ code: 'EISDIR' });
    closeSync(descriptor);
    const path = await directory.write('a', 'a');
    const other = openSync(path, 'r');
    expect(await hashes.of('version', other, path)).toBe(sha256('a'));
    closeSync(other);
  });
});
