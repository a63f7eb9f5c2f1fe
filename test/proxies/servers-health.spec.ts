import { rename } from 'node:fs/promises';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  type ExecutionContext,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import {
  apache,
  type DownloadBackend,
  FileSystemStorage,
  lighttpd,
  nginx,
  StorageDownloadController,
  stream,
} from 'nestjs-downloadview';
import { type DownloadHealthOptions } from 'nestjs-downloadview/terminus';

import { type Adapter, ADAPTERS } from '../support/application.js';
import {
  type ServedSite,
  startBehind,
} from '../support/servers/behind-server.js';
import { describeWith } from '../support/describe-with.js';
import { healthOf, withHealth } from '../support/health.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import { describeAllServers } from '../support/servers/tested-servers.js';
import {
  APACHE,
  LIGHTTPD,
  NGINX,
  type WebServerKind,
} from '../support/servers/web-server-kinds.js';

const HEALTHY = {
  status: 'up',
  storage: { status: 'up' },
  application: { status: 'up' },
  server: { status: 'up' },
  outside: { status: 'up' },
};
const PATH = '/media/health/canary.txt';
const TOKEN = { Authorization: 'Bearer canary' };

let directory: TemporaryDirectory;
let site: ServedSite | undefined;
/** In place of the right ones. */
let options: Partial<DownloadHealthOptions>;

beforeEach(async () => {
  options = {};
  directory = await temporaryDirectory();
  await directory.write('media/health/canary.txt', 'It sings.\n');
  await directory.write('other/health/canary.txt', 'It does not.\n');
});

afterEach(async () => {
  await site?.stop();
  site = undefined;
  await directory.remove();
});

interface HealthSite {
  readonly kind: WebServerKind;
  readonly adapter: Adapter;
  readonly backend: DownloadBackend;
  /** What is wrong with the configuration of the server. */
  readonly spoil?: (configuration: string) => string;
}

async function start({
  kind,
  adapter,
  backend,
  spoil = (text) => text,
}: HealthSite): Promise<void> {
  @Controller('media/*path')
  class MediaController extends StorageDownloadController {}

  class CanaryGuard {
    canActivate(context: ExecutionContext): boolean {
      const { headers } = context
        .switchToHttp()
        .getRequest<{ headers: { authorization?: string } }>();
      if (headers.authorization === TOKEN.Authorization) return true;
      throw new UnauthorizedException();
    }
  }

  @Controller('guarded/*path')
  @UseGuards(CanaryGuard)
  class GuardedController extends StorageDownloadController {}

  const storage = new FileSystemStorage({ root: `${directory.path}/media` });
  const { controllers, imports, providers } = withHealth(
    { controllers: [MediaController, GuardedController] },
    () => ({
      canary: 'health/canary.txt',
      appUrl: `${site?.application.origin}${PATH}`,
      publicUrl: `${site?.server.origin}${PATH}`,
      ...options,
    }),
  );
  site = await startBehind(kind, adapter, {
    backend: {
      ...backend,
      serverConfig: (place) => spoil(backend.serverConfig?.(place) ?? ''),
    },
    options: { storages: { default: storage } },
    controllers,
    imports,
    providers,
  });
}

function health(): ReturnType<typeof healthOf> {
  return healthOf(site?.application.origin ?? '');
}

function rules() {
  return [{ sourceDir: `${directory.path}/media`, destination: '/_offload/' }];
}

describeAllServers('whether downloads work', (server, adapter) => {
  const backend = (): DownloadBackend =>
    server.backend([{ sourceDir: `${directory.path}/media` }]);

  it('all is up where all is right', async () => {
    await start({ kind: server.kind, adapter, backend: backend() });

    const { code, health: found } = await health();

    expect(found).toEqual(HEALTHY);
    expect(code).toBe(200);
  });

  it('the storage is down when it is gone, and nothing else is blamed', async () => {
    await start({ kind: server.kind, adapter, backend: backend() });
    await rename(`${directory.path}/media`, `${directory.path}/gone`);

    const { code, health: found, text } = await health();

    const rest = { status: 'unchecked', message: 'storage is down' };
    expect(found).toEqual({
      status: 'down',
      storage: {
        status: 'down',
        message: expect.stringContaining('FileNotFoundError, ENOENT'),
      },
      application: rest,
      server: rest,
      outside: rest,
    });
    expect(code).toBe(503);
    expect(text).not.toContain(directory.path);
  });

  it('the server is down when it looks in another directory', async () => {
    const { path } = directory;
    await start({
      kind: server.kind,
      adapter,
      backend: server.backend([
        { sourceDir: `${path}/media`, destinationDir: `${path}/elsewhere` },
      ]),
    });

    const { health: found, text } = await health();

    expect(found).toEqual({
      ...HEALTHY,
      status: 'down',
      server: {
        status: 'down',
        message: expect.stringMatching(/answers 40[34]\..*directory/),
      },
    });
    expect(text).not.toContain(path);
  });
});

describeWith(['nginx'], 'what is wrong with nginx', () => {
  describe.each(ADAPTERS)('on %s', (adapter) => {
    const behind = (parts: Partial<HealthSite> = {}): Promise<void> =>
      start({
        kind: NGINX,
        adapter,
        backend: nginx({ rules: rules() }),
        ...parts,
      });

    it('an alias that leads to other files', async () => {
      await behind({
        spoil: (text) =>
          text
            .replaceAll(
              `alias "${directory.path}/media/"`,
              `alias "${directory.path}/other/"`,
            )
            .replaceAll(
              `from=${directory.path}/media/`,
              `from=${directory.path}/other/`,
            ),
      });

      expect((await health()).health).toEqual({
        ...HEALTHY,
        status: 'down',
        server: {
          status: 'down',
          message: expect.stringContaining('other bytes than the storage'),
        },
      });
    });

    it.each([
      ['/_offload/', /(location \^~ \/_offload\/ \{\s+)internal;/],
      [
        '/_offload-tagged/',
        /(location \^~ \/_offload-tagged\/ \{[^\n]*\s+)internal;/,
      ],
    ])('a location %s that is not internal', async (_, internal) => {
      await behind({
        spoil(text) {
          expect(text).toMatch(internal);
          return text.replace(internal, '$1');
        },
      });

      const { code, health: found } = await health();

      expect(found).toEqual({
        ...HEALTHY,
        status: 'down',
        outside: {
          status: 'down',
          message: expect.stringContaining('Make it internal'),
        },
      });
      expect(code).toBe(503);
    });

    it('an X-Accel-Redirect that is not obeyed', async () => {
      await behind({
        spoil: (text) =>
          text.replace(
            'proxy_http_version',
            'proxy_ignore_headers X-Accel-Redirect; proxy_http_version',
          ),
      });

      expect((await health()).health).toEqual({
        ...HEALTHY,
        status: 'down',
        server: {
          status: 'down',
          message: expect.stringContaining('does not obey X-Accel-Redirect'),
        },
      });
    });

    it('an X-Accel-Redirect that clients get to see', async () => {
      await behind({
        spoil: (text) =>
          text.replace(
            'proxy_http_version',
            'proxy_ignore_headers X-Accel-Redirect; proxy_pass_header X-Accel-Redirect; proxy_http_version',
          ),
      });

      expect((await health()).health).toMatchObject({
        application: { status: 'up' },
        server: { status: 'down' },
        outside: {
          status: 'down',
          message: expect.stringContaining(
            'Clients get to see X-Accel-Redirect',
          ),
        },
      });
    });

    it('an application whose rules do not hold the storage', async () => {
      const other = [
        { sourceDir: `${directory.path}/other`, destination: '/_offload/' },
      ];
      await behind({ backend: nginx({ rules: other }) });

      expect((await health()).health).toMatchObject({
        storage: { status: 'up' },
        application: {
          status: 'down',
          message: expect.stringContaining('no rule holds the file'),
        },
        server: { status: 'unchecked', message: 'application is down' },
        outside: { status: 'up' },
      });
    });

    it('an appUrl that leads to nginx', async () => {
      await behind();
      options = { appUrl: `${site?.server.origin}${PATH}` };

      expect((await health()).health).toMatchObject({
        application: {
          status: 'down',
          message: expect.stringContaining('without X-Accel-Redirect'),
        },
        server: { status: 'unchecked' },
        outside: { status: 'up' },
      });
    });

    it('a server that nobody answers at', async () => {
      await behind();
      await site?.server.stop();

      expect((await health()).health).toMatchObject({
        application: { status: 'up' },
        server: {
          status: 'down',
          message: "publicUrl gives no answer: 'Error, ECONNREFUSED'.",
        },
        outside: { status: 'down' },
      });
    });

    it('a route that wants a login is down without one, and up with it', async () => {
      await behind();
      const path = '/guarded/health/canary.txt';
      options = {
        appUrl: `${site?.application.origin}${path}`,
        publicUrl: `${site?.server.origin}${path}`,
      };
      expect((await health()).health.application).toEqual({
        status: 'down',
        message: expect.stringMatching(/answers 401\. .*headers/),
      });

      options = { ...options, headers: TOKEN };

      expect((await health()).health).toEqual(HEALTHY);
    });

    it.each([
      ['is empty', 'health/empty.txt', /'health\/empty.txt' is empty/],
      ['is too large', 'health/large.txt', /more than 1 MiB/],
      ['is not there', 'health/\u202Emissing.txt', /FileNotFoundError/],
      ['leaves the storage', '../other/health/canary.txt', /SuspiciousPath/],
    ])('a canary that %s', async (_, canary, message) => {
      await directory.write('media/health/empty.txt', '');
      await directory.write(
        'media/health/large.txt',
        Buffer.alloc(2 ** 20 + 1),
      );
      await behind();
      options = { canary };

      const { health: found, text } = await health();

      expect(found.storage).toEqual({
        status: 'down',
        message: expect.stringMatching(message),
      });
      expect(text).toMatch(/^[\x20-\x7e]+$/);
    });

    it('an application that is to send its files itself, and does', async () => {
      await behind({
        backend: {
          ...stream(),
          serverConfig: (place) =>
            nginx({ rules: rules() }).serverConfig?.(place) ?? '',
        },
      });

      expect((await health()).health).toEqual(HEALTHY);
    });
  });
});

describeWith(['apache2'], 'what is wrong with Apache', () => {
  it.each(ADAPTERS)(
    'an X-Sendfile that is switched off, on %s',
    async (adapter) => {
      const backend = apache({
        rules: [{ sourceDir: `${directory.path}/media` }],
        pathEncoding: 'raw',
      });
      await start({
        kind: APACHE,
        adapter,
        backend,
        spoil(text) {
          expect(text).toMatch(/XSendFile On/);
          return text.replaceAll('XSendFile On', 'XSendFile Off');
        },
      });

      const { health: found, text } = await health();

      expect(found).toEqual({
        ...HEALTHY,
        status: 'down',
        server: {
          status: 'down',
          message: expect.stringContaining('does not obey X-Sendfile'),
        },
        outside: {
          status: 'down',
          message: expect.stringContaining('Clients get to see X-Sendfile'),
        },
      });
      expect(text).not.toContain(directory.path);
    },
  );
});

describeWith(['lighttpd'], 'what is wrong with lighttpd', () => {
  it('an X-Sendfile that is switched off', async () => {
    await start({
      kind: LIGHTTPD,
      adapter: 'express',
      backend: lighttpd({ rules: [{ sourceDir: `${directory.path}/media` }] }),
      spoil(text) {
        expect(text).toMatch(/"x-sendfile" => "enable"/);
        return text.replace(
          '"x-sendfile" => "enable"',
          '"x-sendfile" => "disable"',
        );
      },
    });

    expect((await health()).health).toEqual({
      ...HEALTHY,
      status: 'down',
      server: {
        status: 'down',
        message: expect.stringContaining('does not obey X-Sendfile'),
      },
    });
  });
});
