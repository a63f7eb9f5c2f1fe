import { strict as assert } from 'node:assert';

import { FileNotFoundError } from '../errors/download-errors.js';
import {
  bytesOf,
  CONTENT,
  rejects,
  type StorageCheck,
} from './storage-rules.js';

/**
 * What a storage answers that is asked for facts and bytes at once.
 *
 * @internal
 */
export const REQUEST_RULES: Readonly<Record<string, StorageCheck>> = {
  'answers a request with the facts of the file and all its bytes, if it answers requests':
    async (storage) => {
      if (!storage.request) return;
      const key = await storage.save('asked', CONTENT);
      const { status, stat, range, stream } = await storage.request(key, {});
      assert.deepEqual(await bytesOf(stream), CONTENT);
      assert.deepEqual({ status, range }, { status: 200, range: undefined });
      const { size, etag, version } = await storage.stat(key);
      assert.equal(stat.size, size);
      assert.equal(stat.etag, etag);
      assert.equal(stat.version, version);
      assert.ok(version && version.startsWith('"'), `No version: ${version}`);
      await rejects(() => storage.request?.('missing', {}), FileNotFoundError);
    },
  'answers a request for a range with that part, if it answers requests':
    async (storage) => {
      if (!storage.request) return;
      const key = await storage.save('asked', CONTENT);
      const size = CONTENT.length;
      const ranges: [string, number, number][] = [
        ['bytes=2-5', 2, 5],
        [`bytes=${size - 1}-`, size - 1, size - 1],
        ['bytes=-3', size - 3, size - 1],
        ['bytes=0-99999', 0, size - 1],
      ];
      for (const [asked, start, end] of ranges) {
        const answer = await storage.request(key, { range: asked });
        const part = CONTENT.subarray(start, end + 1);
        assert.deepEqual(await bytesOf(answer.stream), part, asked);
        assert.equal(answer.status, 206, asked);
        assert.deepEqual(answer.range, { start, end }, asked);
        assert.equal(answer.stat.size, size, asked);
      }
    },
  'says the size where it has no such range, and gives an empty file whole, if it answers requests':
    async (storage) => {
      if (!storage.request) return;
      const range = 'bytes=1000-';
      const full = await storage.save('full', CONTENT);
      const beyond = await storage.request(full, { range });
      assert.equal(beyond.status, 416);
      assert.equal(beyond.stat.size, CONTENT.length);
      const empty = await storage.save('nothing', '');
      const nothing = await storage.request(empty, { range });
      assert.equal(nothing.status, 200);
      assert.equal(nothing.stat.size, 0);
      assert.equal((await bytesOf(nothing.stream)).length, 0);
    },
  'gives the whole of another file than If-Range names, if it answers requests':
    async (storage, { replace }) => {
      if (!storage.request) return;
      const key = await storage.save('asked', CONTENT);
      const ifRange = (await storage.stat(key)).etag;
      const range = 'bytes=2-5';
      const same = await storage.request(key, { range, ifRange });
      assert.equal((await bytesOf(same.stream)).toString(), '2345');
      await replace(storage, key, 'another file');
      const other = await storage.request(key, { range, ifRange });
      assert.equal((await bytesOf(other.stream)).toString(), 'another file');
      assert.equal(other.status, 200);
      assert.notEqual(other.stat.etag, ifRange);
    },
  'sends nothing that the client has already, or says that it is the same, if it answers requests':
    async (storage) => {
      if (!storage.request) return;
      const key = await storage.save('asked', CONTENT);
      const { etag } = await storage.stat(key);
      const known = await storage.request(key, { ifNoneMatch: etag });
      assert.ok(known.status === 304 || known.stat.etag === etag);
      known.stream.destroy();
      const other = await storage.request(key, { ifNoneMatch: '"other"' });
      assert.equal(other.status, 200);
      assert.deepEqual(await bytesOf(other.stream), CONTENT);
    },
};
