import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';

import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { nginx } from 'nestjs-downloadview';

import { CountingProxy } from '../support/stores/counting-proxy.js';
import { describeWith } from '../support/describe-with.js';
import { eventually } from '../support/eventually.js';
import { httpRequest } from '../support/clients/http-client.js';
import { aroundIncluded } from '../support/included-config.js';
import {
  HEARD_OF,
  instanceBackend,
  Instances,
  StreamedLinkController,
} from '../support/instances.js';
import {
  type LimitedSite,
  startLimitedSite,
} from '../support/links/limited-site.js';
import {
  type PostgresCluster,
  startPostgres,
} from '../support/databases/postgres.js';
import {
  clientOf,
  type S3Server,
  startSwift,
} from '../support/stores/swift.js';
import { completionsLog } from '../support/telling-server.js';
import {
  startWebServer,
  type WebServer,
} from '../support/servers/web-server.js';
import { NGINX } from '../support/servers/web-server-kinds.js';

// A database cluster, a store and three processes have to be started.
jest.setTimeout(90_000);

const SMALL = randomBytes(200_000);
const LARGE = randomBytes(4 * 1024 * 1024);
/** How much of a large file its store gives before it is told to go on. */
const HELD_AFTER = 1024 * 1024;

/** A download that waits for its client to read on. */
class Download {
  private constructor(private readonly answer: IncomingMessage) {}

  static async begin(
    url: string,
    headers: Record<string, string> = {},
  ): Promise<Download> {
    const request = get(url, { headers, agent: false });
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    // Whoever reads it is told.
    answer.on('error', () => undefined);
    return new Download(answer);
  }

  get status(): number {
    return this.answer.statusCode ?? 0;
  }

  get instance(): string {
    return String(this.answer.headers['x-instance']);
  }

  get etag(): string {
    return this.answer.headers.etag ?? '';
  }

  /** All of it, or what arrived before it was cut. */
  async rest(): Promise<{ bytes: Buffer; isCut: boolean }> {
    const chunks: Buffer[] = [];
    this.answer.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(this.answer, 'close').catch(() => undefined);
    return { bytes: Buffer.concat(chunks), isCut: !this.answer.complete };
  }

  leave(): void {
    this.answer.destroy();
  }
}

/** One download after the other, until it is told to end. */
class Load {
  /** The instances whose downloads failed. */
  readonly failed: string[] = [];
  #count = 0;
  #isOver = false;
  readonly #clients: Promise<void>[];
  #waiting: (() => void)[] = [];

  constructor(urls: readonly string[]) {
    this.#clients = urls.map((url) => this.#ask(url));
  }

  /** Goes on until so many more have been answered. */
  async answers(count: number): Promise<void> {
    const enough = this.#count + count;
    while (this.#count < enough) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }

  async #ask(url: string): Promise<void> {
    while (!this.#isOver) {
      const download = await Download.begin(url);
      const { bytes } = await download.rest();
      const isRight = download.status === 200 && bytes.equals(SMALL);
      if (!isRight) this.failed.push(download.instance);
      this.#count += 1;
      for (const wake of this.#waiting.splice(0)) wake();
    }
  }
}

describeWith(
  ['nginx', 'initdb', 'swift-proxy-server', 'memcached'],
  'three instances behind one nginx',
  () => {
    let cluster: PostgresCluster;
    let store: S3Server;
    /** What the instances ask the store, and what nginx does. */
    let byInstances: CountingProxy;
    let byNginx: CountingProxy;
    let site: LimitedSite;
    let instances: Instances;
    let web: WebServer;
    let log = '';

    beforeAll(async () => {
      [cluster, store] = await Promise.all([startPostgres(), startSwift()]);
      byInstances = await CountingProxy.start(store.endpoint);
      byNginx = await CountingProxy.start(store.endpoint);
      // Makes the tables and the links, and hands nothing out.
      site = await startLimitedSite('express', {
        database: { type: 'postgres', poolSize: 3, ...cluster.connection },
        controllers: [StreamedLinkController],
      });
      await fill(store, site);
      const shared = {
        root: site.directory.path,
        connection: cluster.connection,
        completions: await completionsLog(site.directory),
        store: {
          ...store,
          endpoint: byInstances.endpoint,
          urlEndpoint: byNginx.endpoint,
        },
      };
      instances = await Instances.start(
        (['express', 'fastify', 'express'] as const).map((adapter) => ({
          adapter,
          ...shared,
        })),
      );
      web = await startWebServer(NGINX, (place) => {
        log = `${place.directory}/lengths.log`;
        const printed = nginx(instanceBackend(shared)).serverConfig?.({
          upstream: 'instances',
          include: true,
          completions: { file: shared.completions },
        });
        const servers = instances.ports.map(
          // Of several that fail in turn none is left out for a while.
          (port) => `server 127.0.0.1:${port} max_fails=0;`,
        );
        return aroundIncluded(
          // Where it says what it has sent, it says nothing else.
          printed?.replaceAll(
            /^ *access_log .* if=\$download_id;$/gm,
            `$&\naccess_log ${log} lengths;`,
          ) ?? '',
          place,
          `log_format lengths '$request_uri $upstream_response_length';
  access_log ${log} lengths;
  upstream instances { ${servers.join(' ')} }`,
        );
      });
    });

    afterAll(async () => {
      await web?.stop();
      await instances?.stop();
      await site?.stop();
      await byNginx?.close();
      await byInstances?.close();
      await Promise.all([store?.stop(), cluster?.stop()]);
    });

    /** The same of each of the instances. */
    const ofEach = (path: string, method = 'GET') =>
      Promise.all(
        instances.origins.map((origin) =>
          httpRequest(origin, path, { method }),
        ),
      );

    it.each(['/sent/small.bin', '/streamed/small.bin', '/disk/small.bin'])(
      'say the same of %s',
      async (path) => {
        const told = (await ofEach(path, 'HEAD')).map(({ status, headers }) => [
          status,
          headers.etag,
          headers['last-modified'],
        ]);

        expect(told[0]).toEqual([200, expect.any(String), expect.any(String)]);
        expect(told).toEqual([told[0], told[0], told[0]]);
      },
    );

    it('give nginx the same address, with a signature of their own', async () => {
      const answers = await ofEach('/sent/small.bin');
      const addresses = answers.map(
        ({ headers }) => `${String(headers['x-accel-redirect'])}`,
      );
      const unsigned = addresses.map((address) =>
        address.replaceAll(/(X-Amz-(?:Date|Signature)=)[^&]*/g, '$1'),
      );
      const files = await Promise.all(
        addresses.map(async (address) => {
          const target = address.slice(address.indexOf('?') + 1);
          const answer = await fetch(`${byNginx.endpoint}${target}`);
          return Buffer.from(await answer.arrayBuffer());
        }),
      );

      expect(unsigned).toEqual([unsigned[0], unsigned[0], unsigned[0]]);
      for (const bytes of files) expect(bytes.equals(SMALL)).toBe(true);
    });

    it('obey a link that one of them has signed', async () => {
      const [{ text: link }] = await ofEach('/links?path=/signed/small.bin');
      const signed = await ofEach(link);
      const forged = await ofEach(`${link}x`);

      expect(signed.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(forged.map(({ status }) => status)).toEqual([403, 403, 403]);
    });

    it('give out no more uses of a link than it has', async () => {
      const { id, url } = await site.share({
        subject: 'small.bin',
        maxUses: 5,
      });
      const answers = await Promise.all(
        Array.from({ length: 30 }, () => httpRequest(web.origin, url)),
      );
      const files = answers.filter(({ status }) => status === 200);

      expect(files).toHaveLength(5);
      for (const { body } of files) expect(body.equals(SMALL)).toBe(true);
      expect(answers.filter(({ status }) => status === 403)).toHaveLength(25);
      expect(
        new Set(answers.map(({ headers }) => headers['x-instance'])).size,
      ).toBe(3);
      expect(await site.used(id)).toBe(5);
    });

    const RANGE = 'bytes=1000-150999';
    it.each<[path: string, range: string | undefined, lengths: string]>([
      ['/disk/counted.bin', undefined, '0'],
      ['/disk/counted-range.bin', RANGE, '0'],
      ['/sent/counted.bin', undefined, `0 : ${SMALL.length}`],
      ['/sent/counted-range.bin', RANGE, '0 : 150000'],
    ])(
      'send no byte of what nginx sends: %s, %s',
      async (path, range, lengths) => {
        const status = range === undefined ? 200 : 206;
        const part =
          range === undefined ? SMALL : SMALL.subarray(1000, 151_000);
        const instancesSeen = new Set<unknown>();
        byInstances.take();
        byNginx.take();
        for (let count = 0; count < 3; count += 1) {
          const answer = await httpRequest(web.origin, path, {
            headers: range === undefined ? {} : { Range: range },
          });
          expect(answer.status).toBe(status);
          expect(answer.body.equals(part)).toBe(true);
          instancesSeen.add(answer.headers['x-instance']);
        }
        const lines = async () =>
          (await readFile(log, 'utf8'))
            .split('\n')
            .filter((line) => line.startsWith(`${path} `))
            .map((line) => line.slice(line.indexOf(' ') + 1));
        await eventually(3, async () => (await lines()).length);

        expect(instancesSeen.size).toBe(3);
        expect(await lines()).toEqual([lengths, lengths, lengths]);
        const isStored = path.startsWith('/sent');
        expect(byInstances.take()).toEqual(
          isStored ? Array(3).fill('HEAD 200') : [],
        );
        expect(byNginx.take()).toEqual(
          isStored ? Array(3).fill(`GET ${status}`) : [],
        );
      },
    );

    it('hear of nginx what it has sent of their own downloads', async () => {
      for (let count = 0; count < 6; count += 1) {
        await httpRequest(web.origin, `/sent/${HEARD_OF}`);
      }
      const more = async (): Promise<string> =>
        (await instances.completed()).join();

      expect(await eventually('2,2,2', more)).toBe('2,2,2');
    });

    describe('of which one is killed under load, and then the others are restarted', () => {
      const urls = {
        streamed: '',
        'by a link': '',
        sent: '',
        'sent by a link': '',
      };
      const cut: Partial<Record<keyof typeof urls, Download>> = {};
      let linkId = '';
      let killed = '';
      let load: Load;
      /** What ran on those that were told to end. */
      const ended: Awaited<ReturnType<Download['rest']>>[] = [];

      beforeAll(async () => {
        const subject = 'large.bin';
        const link = await site.share({
          path: '/streamed-link/:link',
          subject,
        });
        linkId = link.id;
        urls['by a link'] = web.origin + link.url;
        const other = await site.share({ subject, maxUses: 3 });
        urls['sent by a link'] = web.origin + other.url;
        urls.streamed = `${web.origin}/streamed/large.bin`;
        urls.sent = `${web.origin}/sent/large.bin`;
        const successors = instances.ports.map((_, index) =>
          instances.prepare(index),
        );
        const [onceKilled, ...onceTold] = [held(), held(), held()];
        hold(onceKilled);
        const byLink = await Download.begin(urls['by a link']);
        cut['by a link'] = byLink;
        killed = byLink.instance;
        for (const kind of ['streamed', 'sent', 'sent by a link'] as const) {
          cut[kind] = await beginAt(urls[kind], killed);
        }
        const first = instances.indexOf(killed);
        const others = [0, 1, 2].filter((index) => index !== first);
        const running: Download[] = [];
        for (const [at, index] of others.entries()) {
          hold(onceTold[at]);
          const name = instances.nameOf(index);
          running.push(await beginAt(urls.streamed, name));
        }
        hold(undefined);
        load = new Load(
          ['/streamed', '/sent', '/disk'].map(
            (path) => `${web.origin}${path}/small.bin`,
          ),
        );
        await load.answers(6);
        await instances.end(first, 'SIGKILL');
        onceKilled.open();
        await load.answers(6);
        await instances.succeed(first, successors[first]);
        for (const [at, index] of others.entries()) {
          await load.answers(6);
          const end = instances.end(index, 'SIGTERM');
          onceTold[at].open();
          ended.push(await running[at].rest());
          await end;
          await load.answers(6);
          await instances.succeed(index, successors[index]);
        }
        await load.answers(6);
        await load.end();
      });

      function hold(by: ReturnType<typeof held> | undefined): void {
        const each = by && { after: HELD_AFTER, until: by.opened };
        byInstances.hold = each;
        byNginx.hold = each;
      }

      /** Round robin gets there. */
      async function beginAt(url: string, instance: string): Promise<Download> {
        for (;;) {
          const download = await Download.begin(url);
          if (download.instance === instance) return download;
          download.leave();
        }
      }

      it.each(['streamed', 'by a link'] as const)(
        'a download of the killed one is resumed on another to the identical file: %s',
        async (kind) => {
          const download = cut[kind] as Download;
          const { bytes, isCut } = await download.rest();
          const resumed = await Download.begin(urls[kind], {
            Range: `bytes=${bytes.length}-`,
            'If-Range': download.etag,
          });
          const { bytes: others } = await resumed.rest();

          expect([download.instance, isCut]).toEqual([killed, true]);
          expect(resumed.status).toBe(206);
          expect(resumed.instance).not.toBe(killed);
          expect(Buffer.concat([bytes, others]).equals(LARGE)).toBe(true);
          expect(await site.used(linkId)).toBe(1);
        },
      );

      it.each(['sent', 'sent by a link'] as const)(
        'what nginx sends from the store goes on without the killed one: %s',
        async (kind) => {
          const download = cut[kind] as Download;
          const { bytes, isCut } = await download.rest();

          expect([download.instance, isCut]).toEqual([killed, false]);
          expect(bytes.equals(LARGE)).toBe(true);
        },
      );

      it('what runs on one that is told to end goes on to its end', () => {
        expect(ended).toHaveLength(2);
        for (const { bytes, isCut } of ended) {
          expect([isCut, bytes.equals(LARGE)]).toEqual([false, true]);
        }
      });

      it('no download fails but those on the killed one', () => {
        const others = load.failed.filter((instance) => instance !== killed);

        expect(others).toEqual([]);
      });
    });
  },
);

function held(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** The same files in the store and on the disk. */
async function fill(store: S3Server, site: LimitedSite): Promise<void> {
  const client = clientOf(store, store.endpoint);
  const put = (Key: string, Body: Buffer) =>
    client.send(new PutObjectCommand({ Bucket: store.bucket, Key, Body }));
  const names = ['small.bin', 'counted.bin', 'counted-range.bin', HEARD_OF];
  for (const name of names) {
    await put(name, SMALL);
    await site.directory.write(name, SMALL);
  }
  await put('large.bin', LARGE);
  client.destroy();
}
