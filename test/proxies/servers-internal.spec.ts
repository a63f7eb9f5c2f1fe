import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import {
  ContentFile,
  PathDownloadController,
  VirtualDownloadController,
} from 'nestjs-downloadview';

import {
  type ServedSite,
  startBehind,
} from '../support/servers/behind-server.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import { describeAllServers } from '../support/servers/tested-servers.js';
import { comparable } from './comparable.js';

const SPOOFED: Record<string, string>[] = [
  { 'X-Accel-Redirect': '/_offload-0/other.txt' },
  { 'X-Accel-Mapping': '/=/_offload-0/' },
  { X_Accel_Mapping: '/=/_offload-0/' },
  { 'X-Accel-Limit-Rate': '1' },
  { 'X-Sendfile': '/etc/passwd' },
  { 'X-Sendfile-Type': 'X-Accel-Redirect' },
  { 'X-Sendfile-Type': 'X-Sendfile', 'X-Accel-Mapping': '/=/' },
  { 'X-Sendfile2': '/etc/passwd 0-9' },
  { 'X-Sendfile-Temporary': '/etc/passwd' },
  { 'X-Reproxy-URL': 'http://127.0.0.1/' },
  { 'X-LIGHTTPD-send-file': '/etc/passwd' },
];
const PATHS = ['/files/a.txt', '/generated.txt', '/files/missing', '/nowhere'];

describeAllServers('what a client cannot reach', (server, adapter) => {
  let directory: TemporaryDirectory;
  let site: ServedSite;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const root = `${directory.path}/files`;
    await directory.write('files/a.txt', 'Hello\n');
    await directory.write('files/other.txt', 'not asked for');
    await directory.write('files-too/a.txt', 'a neighbour');

    @Controller('files/*path')
    class FileController extends PathDownloadController {
      override root = root;
    }

    @Controller('generated.txt')
    class GeneratedController extends VirtualDownloadController {
      getFile() {
        return new ContentFile('generated\n', { name: 'generated.txt' });
      }
    }

    site = await startBehind(server.kind, adapter, {
      backend: server.backend([{ sourceDir: root }]),
      controllers: [FileController, GeneratedController],
    });
  });

  afterAll(async () => {
    await site.stop();
    await directory.remove();
  });

  it.each([
    '/_offload-0/a.txt',
    '//_offload-0/a.txt',
    '/_offload-0//a.txt',
    '/./_offload-0/a.txt',
    '/%5foffload-0/a.txt',
    '/_offload-0%2Fa.txt',
    '/%2F_offload-0/a.txt',
    '/pub/../_offload-0/a.txt',
    '/pub/%2e%2e/_offload-0/a.txt',
    '/files/../_offload-0/a.txt',
    '/files/..%2f_offload-0/a.txt',
    '/_offload-0/a.txt?x=1',
    '/_offload-0/',
    '/_offload-0',
    '/_offload-0../files-too/a.txt',
    '/_offload-0/../files-too/a.txt',
    '/a.txt',
    '/other.txt',
  ])('answers %s with 404', async (path) => {
    expect(await site.through(path)).toMatchObject({ status: 404 });
  });

  it('answers the path of the file on the disk with 404', async () => {
    const path = `${directory.path}/files/a.txt`;

    expect(await site.through(path)).toMatchObject({ status: 404 });
  });

  it.each(SPOOFED)('answers everything the same with %j', async (headers) => {
    for (const path of PATHS) {
      const plain = await site.through(path);
      const spoofed = await site.through(path, { headers });

      expect(comparable(spoofed)).toEqual(comparable(plain));
    }
  });

  it('answers everything the same where it is asked directly with them', async () => {
    const plain = await site.direct(PATHS[0]);
    for (const headers of SPOOFED) {
      const spoofed = await site.direct(PATHS[0], { headers });

      expect(comparable(spoofed)).toEqual(comparable(plain));
    }
  });
});
