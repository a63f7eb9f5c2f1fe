import { randomBytes } from 'node:crypto';

import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  it,
} from '@jest/globals';
import {
  type DownloadEvent,
  DownloadEvents,
  nginx,
  StorageDownloadController,
} from 'nestjs-downloadview';
import { filter, firstValueFrom } from 'rxjs';

import { ADAPTERS } from '../support/application.js';
import {
  type ServedSite,
  startBehind,
} from '../support/servers/behind-server.js';
import { describeWith } from '../support/describe-with.js';
import { RawClient } from '../support/clients/raw-client.js';
import {
  SigningStore,
  type StoreAnswer,
} from '../support/stores/signing-store.js';
import {
  completionsLog,
  freeAddress,
  telling,
} from '../support/telling-server.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import { NGINX } from '../support/servers/web-server-kinds.js';

const SIZE = 32 * 1024 * 1024;
const CONTENT = randomBytes(4096);

describeWith(
  ['nginx'],
  'what became of a file that nginx sent from a store',
  () => {
    describe.each(
      ADAPTERS.flatMap(([adapter]) =>
        (['passed on', 'kept'] as const).map((way) => ({ adapter, way })),
      ),
    )('$way, on $adapter', ({ adapter, way }) => {
      let directory: TemporaryDirectory;
      let store: SigningStore;
      let site: ServedSite;
      let events: DownloadEvents;

      beforeAll(async () => {
        directory = await temporaryDirectory();
        store = await SigningStore.start();
        const { storage, host } = store;
        storage.namesVersions = true;
        await storage.save('large.bin', Buffer.alloc(SIZE, 'a'));
        const completions =
          adapter === 'express'
            ? { file: await completionsLog(directory) }
            : { listen: await freeAddress() };
        const cache = {
          directory: `${directory.path}/cache`,
          size: '1g',
          slice: 1024,
        };
        const backend = nginx({
          remote: { hosts: [host], ...(way === 'kept' && { cache }) },
        });
        site = await startBehind(NGINX, adapter, {
          backend: telling(backend, completions),
          options: { completions, storages: { default: storage } },
          controllers: [StorageDownloadController.asController('files/*path')],
        });
        events = site.application.app.get(DownloadEvents);
      });

      afterEach(() => {
        store.answerInstead = undefined;
      });

      afterAll(async () => {
        await site.stop();
        store.close();
        await directory.remove();
      });

      /** How the next download ends, as nginx tells it. */
      function end(): Promise<DownloadEvent> {
        return firstValueFrom(
          events.pipe(
            filter(
              ({ phase, outcome }) =>
                phase === 'finished' && outcome !== 'handed-over',
            ),
          ),
        );
      }

      async function keyOfNew(): Promise<string> {
        const key = `${randomBytes(6).toString('hex')}.bin`;
        return store.storage.save(key, CONTENT);
      }

      it.each([
        ['the whole', {}, 200, CONTENT.length],
        ['a range', { Range: 'bytes=10-2999' }, 206, 2990],
      ])('is told of %s', async (_, headers, status, bytes) => {
        const key = await keyOfNew();
        for (const count of [1, 2]) {
          const event = end();
          const { body } = await site.through(`/files/${key}`, {
            headers: headers,
          });

          expect([count, body.length]).toEqual([count, bytes]);
          expect(await event).toMatchObject({
            outcome: 'completed',
            sender: 'nginx',
            status,
            bytes,
          });
        }
      });

      it('is told of a client that leaves', async () => {
        const event = end();
        const { port } = new URL(site.server.origin);
        const client = await RawClient.connect(Number(port));
        await client.send({ path: '/files/large.bin' });
        await client.readALittle();
        await client.leave();

        const { outcome, sender, bytes } = await event;
        expect([outcome, sender]).toEqual(['aborted', 'nginx']);
        expect(bytes).toBeLessThan(SIZE);
      });

      it.each<[string, StoreAnswer, number, string]>([
        ['breaks off', { ...whole(), isCut: true }, 200, 'aborted'],
        ['has it no more', { status: 404 }, 404, 'failed'],
        ['has another version', { status: 412 }, 503, 'failed'],
        ['refuses it', { status: 403 }, 502, 'failed'],
      ])('is told of a store that %s', async (_, answer, status, outcome) => {
        const key = await keyOfNew();
        store.answerInstead = answer;
        const event = end();
        const response = await fetch(`${site.server.origin}/files/${key}`);
        await response.arrayBuffer().catch(() => undefined);

        expect(response.status).toBe(status);
        expect(await event).toMatchObject({
          outcome,
          status,
          sender: 'nginx',
        });
      });
    });
  },
);

/** The beginning of a file, as the answer to whatever range. */
function whole(): StoreAnswer {
  return {
    status: 200,
    headers: { 'Content-Length': String(CONTENT.length) },
    body: CONTENT.subarray(0, 100),
  };
}
