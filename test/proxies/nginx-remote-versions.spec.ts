import { randomBytes } from 'node:crypto';

import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import {
  nginx,
  type NginxRemoteOptions,
  ObjectDownloadController,
  StorageDownloadController,
} from 'nestjs-downloadview';

import { ADAPTERS } from '../support/application.js';
import {
  type Site,
  startBehindNginx,
} from '../support/servers/behind-nginx.js';
import { describeWith } from '../support/describe-with.js';
import { eventually } from '../support/eventually.js';
import { fieldLines } from '../support/clients/http-fields.js';
import { type HttpAnswer } from '../support/clients/http-client.js';
import { SigningStore } from '../support/stores/signing-store.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

const SLICE = 1024;
const CONTENT = randomBytes(4 * SLICE);
const LATER = 'Fri, 01 Jan 2100 00:00:00 GMT';

/** nginx in front of an application whose files are in a store that ignores If-Range. */
function describeStore(
  title: string,
  remoteIn: (directory: string) => Omit<NginxRemoteOptions, 'hosts'>,
  suite: (at: {
    store: () => SigningStore;
    site: () => Site;
    ask: (
      path: string,
      headers?: Record<string, string>,
    ) => Promise<HttpAnswer>;
  }) => void,
): void {
  describeWith(['nginx'], title, () => {
    describe.each(ADAPTERS)('on %s', (adapter) => {
      let directory: TemporaryDirectory;
      let store: SigningStore;
      let site: Site;

      beforeAll(async () => {
        directory = await temporaryDirectory();
        store = await SigningStore.start();
        store.ignoresIfRange = true;
        const { storage } = store;
        storage.namesVersions = true;
        await storage.save('a.bin', CONTENT);
        await storage.save('empty.bin', '');
        const repository = {
          findOne: () =>
            Promise.resolve({ id: 1, file: 'a.bin', tag: 'of-the-row' }),
        };
        site = await startBehindNginx(adapter, {
          backend: nginx({
            remote: { hosts: [store.host], ...remoteIn(directory.path) },
          }),
          options: { storages: { default: storage } },
          controllers: [
            StorageDownloadController.asController('files/*path'),
            ObjectDownloadController.asController('rows/:id', {
              repository,
              etagField: 'tag',
            }),
          ],
        });
      });

      beforeEach(() => {
        store.requests.length = 0;
      });

      afterAll(async () => {
        await site.stop();
        store.close();
        await directory.remove();
      });

      suite({
        store: () => store,
        site: () => site,
        ask: (path, headers = {}) => site.through(path, { headers }),
      });
    });
  });
}

/** A date is a strong validator only once its second is over (RFC 9110 8.8.2.2). */
function secondAfter(date: string | undefined): number {
  return Date.parse(date ?? '') + 1000;
}

async function replace(store: SigningStore, content: Buffer): Promise<void> {
  await store.storage.delete('a.bin');
  await store.storage.save('a.bin', content);
}

describeStore(
  'files of a store, bound to their version',
  () => ({}),
  ({ store, site, ask }) => {
    it('asks for the version that was described, by its range', async () => {
      const { etag } = await store().storage.stat('a.bin');

      const answer = await ask('/files/a.bin', { Range: 'bytes=1-3' });

      expect(answer.status).toBe(206);
      expect(answer.body).toEqual(CONTENT.subarray(1, 4));
      expect(fieldLines(answer, 'accept-ranges')).toEqual(['bytes']);
      expect(store().requests).toMatchObject([
        { range: 'bytes=1-3', ifMatch: etag },
      ]);
    });

    it('gives addresses that work for five minutes', async () => {
      store().storage.asked.length = 0;

      await ask('/files/a.bin');

      expect(store().storage.asked).toMatchObject([{ expiresIn: 300 }]);
    });

    it.each(['/files/a.bin', '/rows/1'])(
      'resumes %s by its own tag, and by no other',
      async (path) => {
        const { headers } = await ask(path);
        const range = 'bytes=1000-';

        const resumed = await ask(path, {
          Range: range,
          'If-Range': headers.etag ?? '',
        });
        const anew = await ask(path, { Range: range, 'If-Range': '"other"' });

        expect([resumed.status, resumed.body]).toEqual([
          206,
          CONTENT.subarray(1000),
        ]);
        expect([anew.status, anew.body]).toEqual([200, CONTENT]);
        expect(store().requests.map(({ range: asked }) => asked)).toEqual([
          undefined,
          `bytes=1000-${CONTENT.length - 1}`,
          undefined,
        ]);
      },
    );

    it('sends the whole file where the range is none', async () => {
      for (const range of ['bytes=5-3', 'bytes=abc', 'items=0-1']) {
        const { status, body } = await ask('/files/a.bin', { Range: range });

        expect([status, body]).toEqual([200, CONTENT]);
      }
      expect(store().requests).toHaveLength(3);
    });

    it('asks no store for a range that is not there', async () => {
      const answer = await ask('/files/a.bin', { Range: 'bytes=99999-' });

      expect(answer.status).toBe(416);
      expect(answer.headers['content-range']).toBe(`bytes */${CONTENT.length}`);
      expect(store().requests).toEqual([]);
    });

    it('sends an empty file to one who asks for a range of it', async () => {
      const answer = await ask('/files/empty.bin', { Range: 'bytes=0-' });

      expect([answer.status, answer.text]).toEqual([200, '']);
    });

    it('makes 412 of the store a 503 that nobody keeps', async () => {
      store().answerInstead = { status: 412 };
      const { server } = site();
      const answer = await fetch(`${server.origin}/files/a.bin`);
      store().answerInstead = undefined;

      expect(answer.status).toBe(503);
      expect(answer.headers.get('cache-control')).toContain('no-store');
    });
  },
);

describeStore(
  'files of a store that nginx keeps',
  (directory) => ({
    cache: {
      directory: `${directory}/cache`,
      size: '10m',
      slice: SLICE,
      stale: 60,
    },
  }),
  ({ store, site, ask }) => {
    beforeEach(() => replace(store(), CONTENT));

    async function expectCounted(
      path: string,
      headers: Record<string, string>,
      status: number,
      body: Buffer,
      count: number,
    ): Promise<HttpAnswer> {
      store().requests.length = 0;
      const answer = await ask(path, headers);
      expect([answer.status, answer.body]).toEqual([status, body]);
      expect(store().requests).toHaveLength(count);
      return answer;
    }

    it('asks for each slice once', async () => {
      const part = CONTENT.subarray(1, 4);

      await expectCounted('/files/a.bin', { Range: 'bytes=1-3' }, 206, part, 1);
      await expectCounted('/files/a.bin', { Range: 'bytes=1-3' }, 206, part, 0);
      const whole = await expectCounted('/files/a.bin', {}, 200, CONTENT, 3);
      expect(fieldLines(whole, 'accept-ranges')).toEqual(['bytes']);
      await expectCounted('/files/a.bin', {}, 200, CONTENT, 0);
      await expectCounted('/rows/1', {}, 200, CONTENT, 0);
    });

    it('gives addresses that outlive a slow download, and keeps no signature', async () => {
      store().storage.asked.length = 0;

      await ask('/files/a.bin');

      expect(store().storage.asked).toMatchObject([{ expiresIn: 6 * 3600 }]);
    });

    it.each([
      ['/files/a.bin', 0],
      // By a tag that is not the store's nginx would cut wrongly what it has kept.
      ['/rows/1', 1],
    ])(
      'resumes %s by its tag, and starts anew by another',
      async (path, count) => {
        const { headers } = await ask(path);
        const Range = 'bytes=1000-';

        await expectCounted(
          path,
          { Range, 'If-Range': headers.etag ?? '' },
          206,
          CONTENT.subarray(1000),
          count,
        );
        for (const other of ['"other"', `W/${headers.etag ?? ''}`, LATER]) {
          const { status, body } = await ask(path, {
            Range,
            'If-Range': other,
          });
          expect([status, body]).toEqual([200, CONTENT]);
        }
      },
    );

    it.each<[path: string, by: 'etag' | 'last-modified', count: number]>([
      ['/files/a.bin', 'etag', 0],
      // nginx would hold them against what the store says of each slice.
      ['/files/a.bin', 'last-modified', 1],
      ['/rows/1', 'etag', 1],
    ])(
      'gives of %s by its own %s no byte behind the range that ends within a slice',
      async (path, by, count) => {
        const { headers } = await ask(path);
        const ifRange = headers[by] ?? '';
        const isOver = (): Promise<boolean> =>
          Promise.resolve(Date.now() > secondAfter(headers['last-modified']));
        expect(await eventually(true, isOver)).toBe(true);
        const Range = 'bytes=1000-1999';
        const part = CONTENT.subarray(1000, 2000);

        await expectCounted(
          path,
          { Range, 'If-Range': ifRange },
          206,
          part,
          count,
        );
      },
    );

    it('holds no tag against that of the store but its own', async () => {
      const { etag = '' } = await store().storage.stat('a.bin');

      for (const path of ['/rows/1', '/rows/1']) {
        const { status, body } = await ask(path, { 'If-None-Match': etag });
        expect([status, body]).toEqual([200, CONTENT]);
      }
    });

    it('never joins two versions', async () => {
      const next = randomBytes(CONTENT.length);
      await ask('/files/a.bin', { Range: 'bytes=0-1' });
      await replace(store(), next);

      await expectCounted('/files/a.bin', {}, 200, next, 4);
    });

    it.each<[string, string, Record<string, string>]>([
      ['an empty file', '/files/empty.bin', {}],
      ['If-Match', '/files/a.bin', { 'If-Match': '*' }],
      ['If-Unmodified-Since', '/files/a.bin', { 'If-Unmodified-Since': LATER }],
    ])('leaves %s to the application', async (_, path, headers) => {
      const told = await site().direct(path, { headers });

      expect(told.status).toBe(200);
      expect(told.headers).not.toHaveProperty('x-accel-redirect');
    });

    it('asks a slow store once for many clients', async () => {
      const next = randomBytes(CONTENT.length);
      await replace(store(), next);
      store().requests.length = 0;
      const { asked } = store().storage;
      asked.length = 0;
      let open: (() => void) | undefined;
      store().isReady = new Promise<void>((resolve) => (open = resolve));
      const clients = Array.from({ length: 20 }, () =>
        ask('/files/a.bin', { Range: 'bytes=0-9' }),
      );
      const all = await eventually(20, () => Promise.resolve(asked.length));
      open?.();

      expect(all).toBe(20);
      for (const { body } of await Promise.all(clients)) {
        expect(body).toEqual(next.subarray(0, 10));
      }
      expect(store().requests).toHaveLength(1);
    });

    it('sends what it has while the store cannot be asked', async () => {
      await ask('/files/a.bin');
      store().storage.isDown = true;
      store().answerInstead = { status: 500 };
      try {
        await expectCounted('/files/a.bin', {}, 200, CONTENT, 0);
        const cold = await fetch(`${site().server.origin}/files/empty.bin`);
        expect(cold.status).toBe(503);
      } finally {
        store().storage.isDown = false;
        store().answerInstead = undefined;
      }
    });
  },
);
