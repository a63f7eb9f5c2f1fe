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
  type DownloadBackend,
  nginx,
  StorageDownloadController,
} from 'nestjs-downloadview';

import { ADAPTERS } from '../support/application.js';
import {
  type Site,
  startBehindNginx,
} from '../support/servers/behind-nginx.js';
import { describeWith } from '../support/describe-with.js';
import { eventually } from '../support/eventually.js';
import { aroundIncluded } from '../support/included-config.js';
import { RawClient } from '../support/clients/raw-client.js';
import { SigningStore } from '../support/stores/signing-store.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

const SLICE = 1024;
const SIZE = 4 * SLICE;
/** More than the buffers between the store and a client that does not read. */
const LARGE = randomBytes(32 * 1024 * 1024);
const HOUR = 3_600_000;
/** Milliseconds. */
const SLOW = 7_000;

describeWith(['nginx'], 'a download from a store that takes its time', () => {
  describe.each(ADAPTERS)('on %s', (adapter) => {
    let directory: TemporaryDirectory;
    let store: SigningStore;
    let site: Site;

    beforeAll(async () => {
      directory = await temporaryDirectory();
      store = await SigningStore.start();
      store.ignoresIfRange = true;
      const { storage, host } = store;
      storage.namesVersions = true;
      await storage.save('large.bin', LARGE);
      const cache = {
        directory: `${directory.path}/cache`,
        size: '10m',
        slice: SLICE,
      };
      const hosts = [host];
      const kept = nginx({ remote: { hosts, cache } });
      const short = { hosts, expiresIn: 60 };
      site = await startBehindNginx(adapter, {
        // The printed configuration is the same for all of them.
        backend: includedIn(kept),
        options: { storages: { default: storage } },
        controllers: [
          StorageDownloadController.asController('kept/*path'),
          StorageDownloadController.asController('kept-short/*path', {
            backend: nginx({ remote: { ...short, cache } }),
          }),
          StorageDownloadController.asController('short/*path', {
            backend: nginx({ remote: short }),
          }),
        ],
      });
    });

    afterEach(() => {
      store.isReady = Promise.resolve();
      store.now = () => Date.now();
    });

    afterAll(async () => {
      await site.stop();
      store.close();
      await directory.remove();
    });

    function connect(): Promise<RawClient> {
      return RawClient.connect(Number(new URL(site.nginx.origin).port));
    }

    async function replace(content: Buffer): Promise<void> {
      await store.storage.delete('a.bin');
      await store.storage.save('a.bin', content);
    }

    /** A download of which the first slice has been sent when something happens, and the second one after it. */
    async function interrupted(
      path: string,
      happen: () => unknown,
    ): Promise<{ content: Buffer; head: string; body: Buffer }> {
      const content = randomBytes(SIZE);
      await replace(content);
      store.requests.length = 0;
      const [first, second] = [gate(), gate()];
      store.isReady = first.opened;
      const client = await connect();
      await client.send({ path, headers: { Connection: 'close' } });
      const asked = (): Promise<number> =>
        Promise.resolve(store.requests.length);
      expect(await eventually(1, asked)).toBe(1);
      store.isReady = second.opened;
      first.open();
      expect(await eventually(2, asked)).toBe(2);
      await happen();
      store.isReady = Promise.resolve();
      second.open();
      const { bytes } = await client.end();
      const start = bytes.indexOf('\r\n\r\n') + 4;
      const body = bytes.subarray(start);
      return {
        content,
        head: bytes.toString('latin1', 0, start),
        body,
      };
    }

    it('is cut where the object is replaced meanwhile, and its resume starts anew', async () => {
      const next = randomBytes(SIZE);

      const { content, head, body } = await interrupted('/kept/a.bin', () =>
        replace(next),
      );
      const etag = /^ETag: (.*)\r$/m.exec(head)?.[1] ?? '';
      const resumed = await site.through('/kept/a.bin', {
        headers: { Range: `bytes=${body.length}-`, 'If-Range': etag },
      });

      expect(head).toContain(`Content-Length: ${SIZE}\r\n`);
      expect(body).toEqual(content.subarray(0, SLICE));
      expect(etag).not.toBe('');
      expect([resumed.status, resumed.body]).toEqual([200, next]);
    });

    it('goes on for hours by the address that it was given', async () => {
      const { content, body } = await interrupted('/kept/a.bin', () => {
        store.now = () => Date.now() + 5 * HOUR;
      });

      expect(body).toEqual(content);
    });

    it('is cut where the address of its slices works no more, and resumed by another', async () => {
      const { content, head, body } = await interrupted(
        '/kept-short/a.bin',
        () => {
          store.now = () => Date.now() + HOUR;
        },
      );
      store.now = () => Date.now();
      const etag = /^ETag: (.*)\r$/m.exec(head)?.[1] ?? '';
      const resumed = await site.through('/kept-short/a.bin', {
        headers: { Range: `bytes=${body.length}-`, 'If-Range': etag },
      });

      expect(body).toEqual(content.subarray(0, SLICE));
      expect(resumed.status).toBe(206);
      expect(Buffer.concat([body, resumed.body])).toEqual(content);
    });

    // It takes its seconds, and is nginx's affair.
    if (adapter === 'express') {
      it('is had from a slow store once, however many ask for it', async () => {
        const content = randomBytes(SIZE);
        await replace(content);
        store.requests.length = 0;
        const slow = gate();
        store.isReady = slow.opened;
        // Of its own accord nginx would let everybody ask after five seconds.
        setTimeout(slow.open, SLOW);
        const answers = await Promise.all(
          Array.from({ length: 20 }, () => site.through('/kept/a.bin')),
        );

        for (const { body } of answers) expect(body).toEqual(content);
        expect(store.requests).toHaveLength(SIZE / SLICE);
      });
    }

    it('needs its address only once where nginx keeps nothing', async () => {
      store.requests.length = 0;
      const client = await connect();
      await client.send({
        path: '/short/large.bin',
        headers: { Connection: 'close' },
      });
      const some = await client.readALittle();
      store.now = () => Date.now() + HOUR;
      const { bytes } = await client.end();

      expect(some.length).toBeLessThan(LARGE.length);
      expect(bytes.subarray(-LARGE.length).equals(LARGE)).toBe(true);
      expect(store.requests).toHaveLength(1);
    });
  });
});

/** The same configuration, within one that is there already. */
function includedIn(backend: DownloadBackend): DownloadBackend {
  return {
    ...backend,
    serverConfig: ({ listen = '', directory = '', user, ...options }) =>
      aroundIncluded(
        backend.serverConfig?.({ ...options, include: true }) ?? '',
        { listen: String(listen), directory, user },
      ),
  };
}

function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}
