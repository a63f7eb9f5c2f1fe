import { appendFile, rm, symlink, truncate } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import {
  FileSystemStorage,
  PathDownloadController,
  StorageDownloadController,
} from 'nestjs-downloadview';

import { mergeMap } from 'rxjs';

import {
  type ServedSite,
  startBehind,
} from '../support/servers/behind-server.js';
import { type HttpAnswer } from '../support/clients/http-client.js';
import {
  FOUND,
  NO_PATHS,
  NOT_FOUND,
  plant,
  SECRET,
} from '../support/files/planted-directory.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import { describeAllServers } from '../support/servers/tested-servers.js';

const ROUTES = ['files', 'keys', 'urls'];
/** One of each kind, for the other sources. */
const WAYS_OUT = [
  'missing',
  'out',
  'up/secret.txt',
  '.hidden',
  '..%2fsecret.txt',
];
/** What happens to a file between the decision and its first byte. */
const MEANWHILE: Record<string, (path: string) => Promise<void>> = {
  deleted: (path) => rm(path),
  shorter: (path) => truncate(path, 5),
  longer: (path) => appendFile(path, 'and more'),
  linked: async (path) => {
    await rm(path);
    await symlink('../secret.txt', path);
  },
};

describeAllServers('which files go out', (server, adapter) => {
  let directory: TemporaryDirectory;
  let site: ServedSite;
  let base: string;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    base = directory.path;
    const root = `${base}/media`;
    await plant(directory, 'media');
    await plant(directory, 'urls');

    @Controller('files/*path')
    class FileController extends PathDownloadController {
      override root = root;
      override cacheControl = 'public, max-age=600';
    }

    @Controller('keys/*path')
    class KeyController extends StorageDownloadController {}

    @Controller('urls/*path')
    class UrlController extends StorageDownloadController {
      override storage = 'urls';
    }

    @Controller('all/*path')
    class AllController extends PathDownloadController {
      override root = base;
    }

    @Controller('dotfiles/*path')
    class DotfileController extends PathDownloadController {
      override root = root;
      override dotfiles = true;
    }

    for (const name of Object.keys(MEANWHILE)) {
      await directory.write(`media/${name}`, 'Hello, hello\n');
    }

    /** Stands outside: the decision has been made, and nothing is sent yet. */
    @Injectable()
    class MeanwhileInterceptor implements NestInterceptor {
      intercept(context: ExecutionContext, next: CallHandler) {
        const { url } = context.switchToHttp().getRequest<{ url: string }>();
        const [, name = ''] = /^\/files\/([a-z]+)$/.exec(url) ?? [];
        return next.handle().pipe(
          mergeMap(async (value: unknown) => {
            await MEANWHILE[name]?.(`${root}/${name}`);
            return value;
          }),
        );
      }
    }

    site = await startBehind(server.kind, adapter, {
      backend: server.backend([
        { sourceDir: root },
        { sourceUrl: '/urls/', destinationDir: `${base}/urls` },
      ]),
      options: {
        storages: {
          default: new FileSystemStorage({ root }),
          urls: new FileSystemStorage({
            root: `${base}/urls`,
            baseUrl: '/urls/',
          }),
        },
      },
      controllers: [
        FileController,
        KeyController,
        UrlController,
        AllController,
        DotfileController,
      ],
      providers: [{ provide: APP_INTERCEPTOR, useClass: MeanwhileInterceptor }],
    });
  });

  afterAll(async () => {
    await site.stop();
    await directory.remove();
  });

  function expectNothingOf(answer: HttpAnswer): void {
    const all = [...answer.rawHeaders, answer.text].join('\n');
    expect(all).not.toContain(SECRET);
    expect(all).not.toContain(base);
    expect(all).not.toMatch(/_offload|x-sendfile/i);
  }

  describe.each(ROUTES)('from /%s', (route) => {
    it.each(route === 'files' ? NOT_FOUND : WAYS_OUT)(
      'answers %s with 404 and tells no path',
      async (path) => {
        const answer = await site.through(`/${route}/${path}`);

        expect(answer.status).toBe(404);
        expectNothingOf(answer);
      },
    );

    it.each(NO_PATHS)('refuses %s, which is no path', async (path) => {
      const answer = await site.through(`/${route}/${path}`);

      expect([400, 404]).toContain(answer.status);
      expectNothingOf(answer);
    });

    it.each(FOUND)('sends %s', async (path) => {
      expect(await site.through(`/${route}/${path}`)).toMatchObject({
        status: 200,
        text: 'Hello\n',
      });
    });

    const refused = server.name === 'lighttpd' ? 403 : 404;
    it(`answers with ${refused} what the server may not read`, async () => {
      const answer = await site.through(`/${route}/closed`);

      expect(answer.status).toBe(refused);
      expectNothingOf(answer);
    });
  });

  it.each(['link', 'linked-folder/a.txt'])(
    'tells the server where %s leads to',
    async (path) => {
      const { headers } = await site.direct(`/files/${path}`);

      expect(headers[server.offloadHeader]).toBe(
        server.told(`${base}/media`, 'folder/a.txt'),
      );
    },
  );

  it.each(['secret.txt', 'media-private/secret.txt'])(
    'sends %s itself, since no rule holds it',
    async (path) => {
      const { headers, text } = await site.direct(`/all/${path}`);

      expect(headers).not.toHaveProperty(server.offloadHeader);
      expect(text).toBe(SECRET);
    },
  );

  it.each(['.hidden', '..hidden', '.git/config'])(
    'has the server send %s where hidden files are wanted',
    async (path) => {
      const { headers } = await site.direct(`/dotfiles/${path}`);

      expect(headers).toHaveProperty(server.offloadHeader);
      expect(await site.through(`/dotfiles/${path}`)).toMatchObject({
        status: 200,
        text: SECRET,
      });
    },
  );

  it('answers with 404 what is deleted before the server opens it, and keeps nothing of it', async () => {
    const answer = await site.through('/files/deleted');

    expect(answer.status).toBe(404);
    expectNothingOf(answer);
    const { headers } = answer;
    // nginx has no directive that takes it from its own errors.
    const presented = server.name === 'nginx';
    expect('content-disposition' in headers).toBe(presented);
    expect(headers).not.toHaveProperty('etag');
    if (server.name !== 'lighttpd') {
      expect(headers['cache-control']).toMatch(/(?:^|, )no-store$/);
    }
  });

  it.each(['shorter', 'longer'])(
    'sends in one piece what gets %s before the server opens it',
    async (name) => {
      const { headers, body } = await site.through(`/files/${name}`);

      expect(Number(headers['content-length'])).toBe(body.length);
    },
  );

  // What follows a link that an uploader has put there: docs/servers.md says so.
  const follows = server.name === 'Apache' || server.name === 'Caddy';
  const linked = follows
    ? 'has no switch against a link that is put there before it opens the file'
    : 'does not follow a link that is put there before the server opens it';
  it(linked, async () => {
    const { status, text } = await site.through('/files/linked');

    expect([status, text.includes(SECRET)]).toEqual(
      follows ? [200, true] : [server.name === 'nginx' ? 404 : 403, false],
    );
  });
});
