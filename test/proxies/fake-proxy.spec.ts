import { symlink, utimes } from 'node:fs/promises';

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Controller, Get, Query, Res } from '@nestjs/common';
import {
  Download,
  DownloadResponse,
  FileSystemStorage,
  LocalFile,
  PathDownloadController,
  type PathRule,
  StorageDownloadController,
  VirtualFile,
} from 'nestjs-downloadview';
import {
  fakeProxy,
  type FakeProxy,
  type FakeProxyOptions,
} from 'nestjs-downloadview/testing';

import {
  type ServedSite,
  startBehind,
} from '../support/servers/behind-server.js';
import { DIFFICULT_FILE_NAMES } from '../support/files/difficult-file-names.js';
import {
  httpRequest,
  type HttpRequest,
} from '../support/clients/http-client.js';
import { representatives } from '../support/representatives.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import {
  describeAllServers,
  type TestedServer,
} from '../support/servers/tested-servers.js';
import { comparable } from './comparable.js';
import {
  conditionsWith,
  DATE,
  EARLIER,
  LATER,
  MODIFIED,
  ODD_RANGES,
  oddConditionsWith,
  RANGES,
} from './requests.js';

/** What both adapters' responses have. */
interface PassedThrough {
  header(name: string, value: string | string[]): unknown;
}

const OPTIONS: Record<
  TestedServer['name'],
  (rules: readonly PathRule[]) => FakeProxyOptions
> = {
  nginx: (rules) => ({ server: 'nginx', rules: withLocations(rules) }),
  Apache: (rules) => ({ server: 'apache', rules, pathEncoding: 'raw' }),
  lighttpd: (rules) => ({ server: 'lighttpd', rules }),
  Caddy: (rules) => ({
    server: 'caddy',
    rules: withLocations(rules),
    pathEncoding: 'raw',
  }),
};

/** The table runs in full with one server that is told a place in a URI, and with one that is told a path. */
const NAMES = representatives(
  DIFFICULT_FILE_NAMES,
  'percent at the end',
  'question mark and a query',
  'a coded NUL',
  'blank at the end',
  'newline at the end',
  'TAB in front',
  'Japanese',
  'emoji',
  'semicolon',
  'backslash at the end',
);

/** As the backends of the tested servers have them. */
function withLocations(rules: readonly PathRule[]) {
  return rules.map((rule, index) => ({
    ...rule,
    destination: `/_offload-${index}/`,
  }));
}

describeAllServers('a fake beside the real thing', (server, adapter) => {
  let directory: TemporaryDirectory;
  let root: string;
  let site: ServedSite;
  let proxy: FakeProxy;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    root = `${directory.path}/files`;
    await directory.write('secret.txt', 'secret');
    for (const [name, content] of [
      ['a.txt', '0123456789'],
      ['empty.txt', ''],
      ['folder/a.txt', 'in a folder'],
      ...DIFFICULT_FILE_NAMES.map(({ name }) => [name, name]),
    ]) {
      const path = await directory.write(`files/${name}`, content);
      await utimes(path, MODIFIED, MODIFIED);
    }
    await symlink(`${directory.path}/secret.txt`, `${root}/link`);

    @Controller('files/*path')
    class FileController extends PathDownloadController {
      override root = root;
    }

    @Controller('keys/*path')
    class KeyController extends StorageDownloadController {}

    @Controller()
    class OtherController {
      @Get('presented')
      presented(@Res({ passthrough: true }) response: PassedThrough) {
        response.header('Set-Cookie', ['a=1', 'b=2']);
        response.header('X-Own', 'of the response');
        return new DownloadResponse(new LocalFile(`${root}/a.txt`), {
          contentType: 'text/csv',
          charset: 'utf-8',
          basename: 'Größe.csv',
          cacheControl: 'public, max-age=60',
          headers: {
            Expires: LATER,
            Vary: 'Cookie',
            'Content-Language': 'de',
            'X-Frame-Options': 'DENY',
            'X-Mine': 'of the download',
          },
        });
      }

      @Get('generated')
      @Download()
      generated() {
        return new VirtualFile(['generated'], { name: 'a.txt' });
      }

      @Get('told')
      told(
        @Query('path') path: string,
        @Res({ passthrough: true }) response: PassedThrough,
      ) {
        response.header(server.offloadHeader, server.told(root, path));
        response.header('Content-Type', 'text/plain; charset=utf-8');
        response.header('Content-Disposition', 'inline');
        response.header('ETag', '"own"');
        response.header('Vary', 'Cookie');
        response.header('Content-Length', '0');
        return '';
      }
    }

    const rules = [{ sourceDir: root }];
    site = await startBehind(server.kind, adapter, {
      backend: server.backend(rules),
      options: { storages: { default: new FileSystemStorage({ root }) } },
      controllers: [FileController, KeyController, OtherController],
    });
    const options = OPTIONS[server.name](rules);
    proxy = await fakeProxy(site.application.app, options);
  });

  afterAll(async () => {
    await proxy.close();
    await site.stop();
    await directory.remove();
  });

  async function requireSame(
    path: string,
    request: HttpRequest = {},
  ): Promise<void> {
    const real = await site.through(path, request);

    const answer = await httpRequest(proxy.url, path, request);

    expect(comparable(answer)).toEqual(comparable(real));
  }

  it.each([
    '/files/a.txt',
    '/files/empty.txt',
    '/keys/a.txt',
    '/presented',
    '/generated',
  ])('answers GET and HEAD for %s the same', async (path) => {
    await requireSame(path);
    await requireSame(path, { method: 'HEAD' });
  });

  it.each(server.hasOwnTag ? [...RANGES, ...ODD_RANGES] : RANGES)(
    'answers a request for %s the same',
    async (range) => {
      const headers = { Range: range };
      await requireSame('/files/a.txt', { headers });
      await requireSame('/files/empty.txt', { headers });
    },
  );

  // The tag of the one is the application's, that of the other is the server's where it makes one.
  it.each(['/keys/a.txt', '/presented'])(
    'answers conditions for %s the same',
    async (path) => {
      const { etag = '' } = (await site.through(path)).headers;
      const odd = server.name === 'nginx' ? oddConditionsWith(etag) : [];
      for (const headers of [...conditionsWith(etag), ...odd]) {
        await requireSame(path, { headers });
      }
    },
  );

  it.each([
    [206, { Range: 'bytes=0-3' }],
    [206, { Range: 'bytes=0-0,-1' }],
    [416, { Range: 'bytes=10-' }],
  ])(
    'brings what an application says of its file with a %i for %j',
    (_, headers) => requireSame('/presented', { headers: headers }),
  );

  it.each(server.adapter === 'express' ? DIFFICULT_FILE_NAMES : NAMES)(
    'sends the same file: $title',
    ({ name }) => requireSame(`/files/${encodeURIComponent(name)}`),
  );

  it.each(['/files/missing', '/files/folder', '/nowhere'])(
    'passes on that there is no %s',
    (path) => requireSame(path),
  );

  it.each([
    'a.txt',
    'a%2Etxt',
    'a.txt?b',
    'folder/../a.txt',
    'missing',
    'folder',
    'folder/',
    '../secret.txt',
    'link',
  ])('sends the same where another program tells it %s', async (told) => {
    const path = `/told?path=${encodeURIComponent(told)}`;
    const real = await site.through(path);

    const answer = await httpRequest(proxy.url, path);

    // Error pages are nobody's business.
    const ofFile = { status: 200, text: real.text };
    expect(answer).toMatchObject(
      real.status === 200 ? ofFile : { status: real.status },
    );
  });

  it.each(['"own"', '"x"'])(
    'goes on from a part of %s as the server does',
    (tag) => {
      const headers = { Range: 'bytes=1-2', 'If-Range': tag };
      return requireSame('/told?path=a.txt', { headers });
    },
  );

  if (server.hasOwnTag) {
    it.each<Record<string, string>>([
      { 'If-None-Match': '"x"' },
      { 'If-Match': '"own"' },
      { 'If-Match': '"x"' },
      { 'If-Modified-Since': DATE },
      { 'If-Modified-Since': EARLIER },
      { 'If-Unmodified-Since': DATE },
      { 'If-Unmodified-Since': EARLIER },
      ...(server.name === 'nginx' ? [{ 'If-Unmodified-Since': 'x' }] : []),
    ])('answers %j the same where it is left to the server', (headers) =>
      requireSame('/told?path=a.txt', { headers }),
    );
  }

  it('passes a POST on, and what the application says to it', () =>
    requireSame('/files/a.txt', { method: 'POST', body: 'a=1' }));

  it('lists what it was told, and nothing that the application sent', async () => {
    const count = proxy.offloads.length;

    await httpRequest(proxy.url, '/files/folder/a.txt');
    await httpRequest(proxy.url, '/generated');

    expect(proxy.offloads.slice(count)).toEqual([
      server.told(root, 'folder/a.txt'),
    ]);
  });
});
