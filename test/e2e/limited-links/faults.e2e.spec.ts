import { once } from 'node:events';
import { truncate } from 'node:fs/promises';
import { type Server, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Controller,
  ImATeapotException,
  type NestInterceptor,
  StreamableFile,
  UseInterceptors,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import {
  ContentFile,
  type DownloadEvent,
  DownloadEvents,
  type DownloadFile,
  DownloadResponse,
  InvalidOptionsError,
  VirtualFile,
} from 'nestjs-downloadview';
import { ZipFile } from 'nestjs-downloadview/archives';
import {
  type LimitedLink,
  LimitedLinkDownloadController,
} from 'nestjs-downloadview/typeorm';
import { concatMap } from 'rxjs';
import { DataSource } from 'typeorm';

import { ADAPTERS, type ApplicationParts } from '../../support/application.js';
import { bootError } from '../../support/boot-error.js';
import { eventually } from '../../support/eventually.js';
import {
  httpRequest,
  type HttpRequest,
} from '../../support/clients/http-client.js';
import {
  limitedParts,
  type LimitedSite,
  startLimitedSite,
} from '../../support/links/limited-site.js';
import { descriptorsClosed } from '../../support/files/open-descriptors.js';
import { RawClient } from '../../support/clients/raw-client.js';

/** More than the buffers of a connection hold. */
const LARGE = 64 * 1024 * 1024;
const TEXT = 'Hello world!\n';

/** Files of other kinds, by their subject. */
const FILES: Record<string, () => DownloadFile> = {
  text: () => new ContentFile(TEXT, { name: 'hello.txt' }),
  archive: () =>
    new ZipFile([new ContentFile(TEXT, { name: 'hello.txt', etag: '"a"' })], {
      name: 'all.zip',
    }),
  rows: () =>
    new VirtualFile(() => Readable.from([TEXT]), { name: 'rows.csv' }),
  failing: () => ({
    name: 'failing.bin',
    stat: () => ({ size: 10 }),
    open: () =>
      new Readable({
        read() {
          this.destroy(new Error('The disk is broken'));
        },
      }),
  }),
};

@Controller('files/:link')
class FilesController extends LimitedLinkDownloadController {
  confirm = false;
  attachment = false;

  getSharedFile({ subject }: LimitedLink) {
    return FILES[subject]();
  }
}

/** Asks for no file of a link. */
@Controller('own/:link')
class OwnController extends FilesController {
  override download() {
    return Promise.resolve(new DownloadResponse(FILES.text()));
  }
}

@Controller('lost')
class LostController extends FilesController {}

@Controller('unsure/:link')
class UnsureController extends FilesController {
  override confirm = 'no' as unknown as boolean;
}

/** Fails, or sends the bytes in its own way, where the header says so. */
const interceptor = (header: string): NestInterceptor => ({
  intercept: (context, next) =>
    next.handle().pipe(
      concatMap(async (value: unknown) => {
        const { headers } = context
          .switchToHttp()
          .getRequest<{ headers: Record<string, unknown> }>();
        if (headers[header] === 'fail') throw new ImATeapotException();
        return headers[header] === 'copy' && value instanceof StreamableFile
          ? new StreamableFile(await buffer(value.getStream()))
          : value;
      }),
    ),
});

@Controller('inside/:link')
@UseInterceptors(interceptor('x-inner'))
class InsideController extends FilesController {}

describe.each(ADAPTERS)(
  'a limited link where only downloads are intercepted, on %s',
  (adapter) => {
    let site: LimitedSite;
    beforeAll(async () => {
      site = await startLimitedSite(adapter, {
        controllers: [InsideController],
        configure: (app) => app.useGlobalInterceptors(interceptor('x-outer')),
        intercept: 'downloads',
      });
    });
    afterAll(() => site.stop());

    const shared = () => site.share({ path: '/inside/:link', subject: 'text' });

    it('is counted once', async () => {
      const { id, url } = await shared();

      const { status, text } = await httpRequest(site.origin, url);

      expect([status, text]).toEqual([200, TEXT]);
      expect(await site.used(id)).toBe(1);
    });

    it('shows its page', async () => {
      const { id, url } = await site.share({ path: '/shared/:link' });

      const { status, headers } = await httpRequest(site.origin, url);

      expect(status).toBe(200);
      expect(headers['content-type']).toContain('text/html');
      expect(await site.used(id)).toBe(0);
    });

    it.each([
      ['x-inner', [500, 0]],
      ['x-outer', [200, 1]],
    ])(
      'hands out nothing that is not counted: %s',
      async (header, expected) => {
        const { id, url } = await shared();

        const { status } = await httpRequest(site.origin, url, {
          headers: { [header]: 'copy' },
        });

        expect([status, await site.used(id)]).toEqual(expected);
      },
    );
  },
);

describe.each(ADAPTERS)('a limited link on %s', (adapter) => {
  let site: LimitedSite;
  beforeAll(async () => {
    site = await startLimitedSite(adapter, {
      controllers: [
        FilesController,
        OwnController,
        FilesController.asController('ready/:link', { confirm: true }),
        FilesController.asController('single/:link', {
          concurrent: { max: 1, by: () => 'everybody' },
        }),
      ],
      // The root's stands outside of ours, and sees the answer.
      providers: [
        { provide: APP_INTERCEPTOR, useValue: interceptor('x-outer') },
      ],
      configure: (app) => app.useGlobalInterceptors(interceptor('x-inner')),
    });
    const path = await site.directory.write('large.bin', '');
    await truncate(path, LARGE);
  });
  afterAll(() => site.stop());

  const ask = (path: string, request?: HttpRequest) =>
    httpRequest(site.origin, path, request);
  const shareOf = (subject: string) =>
    site.share({ path: '/files/:link', subject });
  const runningOf = async (id: string) => {
    const grants = await site.grants(id);
    return grants.reduce((sum, { connections }) => sum + connections, 0);
  };
  /** A download that is on its way: its client does not read on. */
  const beginLarge = async (path: string) => {
    const client = await RawClient.connect(site.running.port);
    await client.send({ path });
    await client.readALittle();
    return client;
  };

  describe('is given back', () => {
    it.each(['GET', 'POST'])(
      'where something else answers a %s in the end',
      async (method) => {
        const path = method === 'GET' ? '/direct/:link' : '/shared/:link';
        const { id, url } = await site.share({ path });
        const headers = { 'X-Outer': 'fail' };
        expect((await ask(url, { method, headers })).status).toBe(418);
        expect(await eventually(0, () => site.used(id))).toBe(0);
        expect(await site.grants(id)).toEqual([]);
      },
    );

    it('with its place among those at once, where nobody has asked for it yet', async () => {
      const { id, url } = await site.share({
        path: '/single/:link',
        subject: 'text',
      });
      const headers = { 'Sec-Purpose': 'prefetch' };

      expect((await ask(url, { headers })).status).toBe(503);

      expect((await ask(url)).status).toBe(200);
      expect(await site.used(id)).toBe(1);
    });

    it('where its file fails before the first byte', async () => {
      const { id, url } = await shareOf('failing');
      expect((await ask(url)).status).toBe(500);
      expect(await eventually(0, () => site.used(id))).toBe(0);
    });

    it('where its client leaves before the first byte', async () => {
      const { id, url } = await site.share();
      const { store } = site.links;
      const begin = store.begin.bind(store);
      const server = site.running.app.getHttpServer() as Server;
      const connected = once(server, 'connection') as Promise<[Socket]>;
      const client = await RawClient.connect(site.running.port);
      const [socket] = await connected;
      const counted = new Promise<number | undefined>((resolve) => {
        store.begin = async (...given) => {
          store.begin = begin;
          const isBegun = await begin(...given);
          resolve(await site.used(id));
          await Promise.all([once(socket, 'close'), client.leave()]);
          return isBegun;
        };
      });
      await client.send({ path: url });
      expect(await counted).toBe(1);
      expect(await eventually(0, () => site.used(id))).toBe(0);
      expect(await site.grants(id)).toEqual([]);
    });

    it('as far as it was not sent, where its client leaves', async () => {
      const { id, url } = await site.share({ subject: 'large.bin' });
      const client = await beginLarge(url);
      expect(await runningOf(id)).toBe(1);
      await client.leave();
      expect(await eventually(0, () => runningOf(id))).toBe(0);
      const [grant] = await site.grants(id);
      expect(grant?.drawn).toBeGreaterThan(0);
      expect(grant?.drawn).toBeLessThan(LARGE / 2);
      expect(await site.used(id)).toBe(1);
    });
  });

  it('is used up where an interceptor sends the bytes in its own way', async () => {
    const { id, url } = await site.share();
    const { status, body } = await ask(url, { headers: { 'X-Outer': 'copy' } });
    expect([status, body.equals(site.bytes)]).toEqual([200, true]);
    expect(await eventually(0, () => runningOf(id))).toBe(0);
    expect(await site.used(id)).toBe(1);
  });

  it('hands out nothing that an interceptor has read before it was counted', async () => {
    const { id, url } = await site.share();
    const inner = await ask(url, { headers: { 'X-Inner': 'copy' } });
    expect([inner.status, inner.body.length < 100]).toEqual([500, true]);
    expect(await site.used(id)).toBe(0);
  });

  it('leads to an archive, which goes on where it was cut', async () => {
    const { id, url } = await shareOf('archive');
    const told: DownloadEvent[] = [];
    const events = site.running.app.get(DownloadEvents);
    const listening = events.subscribe((event) => {
      if (event.phase === 'started') told.push(event);
    });
    const whole = await ask(url);
    const headers = {
      Range: 'bytes=20-',
      'If-Range': whole.headers.etag ?? '',
    };
    const rest = await ask(url, { headers });
    listening.unsubscribe();

    expect([whole.status, rest.status]).toEqual([200, 206]);
    expect(rest.body.equals(whole.body.subarray(20))).toBe(true);
    expect(await site.used(id)).toBe(1);
    expect(told).toMatchObject([
      { link: id, file: { name: 'all.zip' }, size: whole.body.length },
      { link: id, file: { name: 'all.zip' }, range: { start: 20 } },
    ]);
  });

  it('hands out nothing that cannot be counted', async () => {
    const { url } = await site.share();
    const { store } = site.links;
    const begin = store.begin.bind(store);
    store.begin = () => Promise.reject(new Error('The database is gone'));
    const { status, headers, text } = await ask(url);
    store.begin = begin;
    expect([status, JSON.parse(text)]).toEqual([
      500,
      { statusCode: 500, message: 'Internal server error' },
    ]);
    expect(headers['cache-control']).toBe('no-store');
    for (const name of ['content-disposition', 'set-cookie']) {
      expect(headers).not.toHaveProperty(name);
    }
    await descriptorsClosed(`${site.directory.path}/file.bin`);
    expect((await ask(url)).status).toBe(200);
  });

  it('ends what is being sent by it when it is revoked', async () => {
    const { id, url } = await site.share({ subject: 'large.bin' });
    const client = await beginLarge(url);
    const other = await site.share({ subject: 'large.bin' });
    const untouched = await beginLarge(other.url);
    expect(await site.links.revoke(id)).toBe(true);
    const { code, bytes } = await client.end();
    expect([code, bytes.length < LARGE]).toEqual(['ECONNRESET', true]);
    expect(await runningOf(other.id)).toBe(1);
    await untouched.leave();
    expect((await ask(url)).status).toBe(403);
  });

  it('tells that as failed, with the reason', async () => {
    const { id, url } = await site.share({ subject: 'large.bin' });
    const told = new Promise<DownloadEvent>((resolve) => {
      site.running.app.get(DownloadEvents).subscribe((event) => {
        if (event.link === id && event.outcome) resolve(event);
      });
    });
    const client = await beginLarge(url);
    await site.links.revoke(id);
    const { outcome, error } = await told;
    expect([outcome, error?.message]).toEqual([
      'failed',
      'Its link works no longer',
    ]);
    await client.end();
  });

  it('keeps no application from closing whose database is gone before', async () => {
    const closing = await startLimitedSite(adapter);
    const { url } = await closing.share();
    // Whoever waits for a connection of a pool that was closed waits for ever.
    const asked = new Promise<void>((resolve) => {
      closing.links.store.release = () => {
        resolve();
        return new Promise(() => undefined);
      };
    });
    await httpRequest(closing.origin, url);
    await asked;
    await closing.stop();
    expect(closing.running.app.get(DataSource).isInitialized).toBe(false);
  });

  it('leads to an attachment, with a tag, whatever the route and the file say', async () => {
    for (const subject of ['text', 'rows']) {
      const { url } = await shareOf(subject);
      const { status, headers, text } = await ask(url);
      expect([status, text]).toEqual([200, TEXT]);
      expect(headers['content-disposition']).toMatch(/^attachment; /);
      expect(headers.etag).toMatch(/^"[0-9a-f]{32}\.[\w-]{16}"$/);
    }
  });

  it('is asked for where the route makes a download of its own', async () => {
    const { id, url } = await site.share({ path: '/own/:link' });
    const { text, headers } = await ask(url);
    expect([text, await site.used(id)]).toEqual([TEXT, 1]);
    expect(headers['cache-control']).toMatch(/^private, no-store/);
    for (const path of [url, `/own/${id}`, `/own/${id}/${id}`]) {
      expect((await ask(path)).status).toBe(403);
    }
  });

  it('may lead to a ready class', async () => {
    const { id, url } = await site.share({
      path: '/ready/:link',
      subject: 'text',
    });
    expect((await ask(url)).text).toContain('hello.txt');
    expect(await site.used(id)).toBe(0);
  });

  it('hands out eight times what has no length, to its client alone', async () => {
    const { id, url } = await shareOf('rows');
    const { headers } = await ask(url);
    const cookie = headers['set-cookie']?.[0]?.replace(/;.*/, '') ?? '';
    for (let again = 1; again <= 8; again += 1) {
      const range = { Range: 'bytes=0-' };
      expect((await ask(url, { headers: range })).status).toBe(403);
      const mine = await ask(url, { headers: { ...range, Cookie: cookie } });
      expect(mine.status).toBe(again <= 7 ? 200 : 403);
    }
    expect(await site.used(id)).toBe(1);
  });

  it.each<[what: string, parts: Partial<ApplicationParts>]>([
    ['no :link in its route', { controllers: [LostController] }],
    ['a confirm that is no answer', { controllers: [UnsureController] }],
    ['no signing', { options: {} }],
  ])('does not boot with %s', async (_, parts) => {
    const error = await bootError(adapter, {
      ...limitedParts({ root: site.directory.path }),
      ...parts,
    });
    expect(error).toBeInstanceOf(InvalidOptionsError);
    expect(error.message).toMatch(/\.link"|\.confirm"|"signing"/);
  });

  it('tells which methods it has', async () => {
    const { url } = await site.share();
    const { status, headers } = await ask(url, { method: 'DELETE' });
    expect([status, headers.allow?.split(', ').sort()]).toEqual([
      405,
      ['GET', 'HEAD', 'POST'],
    ]);
  });
});
