import { symlink } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  FileSystemStorage,
  PathDownloadController,
  type PathRule,
  StorageDownloadController,
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

const DIRECTORIES = [
  'a blank',
  ' blanks around ',
  "it's",
  'a "quoted" name',
  'a `quoted` name',
  '`',
  'back\\slash',
  'back\\n',
  'back\\\\two',
  'at the end\\',
  'a;b',
  'a#b',
  '#a',
  'from=a',
  '100%',
  '%41',
  '%{REQUEST_URI}',
  'a?b',
  'caf\u00E9',
  'cafe\u0301',
  '\u65E5\u672C',
  'a.*+()[b]^?',
  '~root',
  '<a>',
  'a,b',
];

describeAllServers('rules', (server, adapter) => {
  let directory: TemporaryDirectory;
  let site: ServedSite;
  let base: string;
  const carried = DIRECTORIES.filter(
    (name) => !(server.name === 'Caddy' && /[{}]/.test(name)),
  );

  beforeAll(async () => {
    directory = await temporaryDirectory();
    base = directory.path;
    for (const name of DIRECTORIES) {
      await directory.write(`${name}/a.txt`, `in ${name}`);
    }
    await directory.write('axxx()[b]^?/a.txt', 'only a pattern matches this');
    await directory.write('moved/a.txt', 'as the application sees it');
    await directory.write('mounted/a.txt', 'as the server sees it');
    await directory.write('keys/sub/a b.txt', 'as the application sees it');
    await directory.write('served/sub/a b.txt', 'as the server sees it');
    await directory.write('real/a.txt', 'behind a link');
    await symlink('real', `${base}/linked`);
    await directory.write('true/a.txt', 'behind a link');
    await symlink('true', `${base}/resolved`);
    await directory.write('one/two/a.txt', 'below');

    class FileController extends PathDownloadController {
      override root = base;
    }
    class LinkedController extends PathDownloadController {
      override root = `${base}/linked`;
    }
    class ResolvedController extends PathDownloadController {
      override root = `${base}/resolved`;
    }
    class KeyController extends StorageDownloadController {}

    const rules: PathRule[] = [
      ...carried.map((name) => ({ sourceDir: `${base}/${name}/` })),
      { sourceDir: `${base}/moved`, destinationDir: `${base}/mounted` },
      { sourceUrl: '/media/', destinationDir: `${base}/served` },
      { sourceDir: `${base}/linked` },
      { sourceDir: `${base}/resolved`, destinationDir: `${base}/true` },
      { sourceDir: `${base}/one` },
    ];
    site = await startBehind(server.kind, adapter, {
      backend: server.backend(rules),
      options: {
        storages: {
          default: new FileSystemStorage({
            root: `${base}/keys`,
            baseUrl: '/media/',
          }),
        },
      },
      controllers: [
        FileController.asController('files/*path'),
        LinkedController.asController('linked/*path'),
        ResolvedController.asController('resolved/*path'),
        KeyController.asController('keys/*path'),
      ],
    });
  });

  afterAll(async () => {
    await site.stop();
    await directory.remove();
  });

  it.each(DIRECTORIES)(
    'sends a file of a directory called %j',
    async (name) => {
      const path = `/files/${encodeURIComponent(name)}/a.txt`;

      expect(await site.through(path)).toMatchObject({
        status: 200,
        text: `in ${name}`,
      });
    },
  );

  it.each(DIRECTORIES)(
    'leaves a directory called %j to the server, where it can be told',
    async (name) => {
      const path = `/files/${encodeURIComponent(name)}/a.txt`;

      const { headers } = await site.direct(path);

      const isTold =
        carried.includes(name) &&
        (server.name === 'Caddy' || !server.untold.test(`${name}/a.txt`));
      expect(server.offloadHeader in headers).toBe(isTold);
    },
  );

  it('takes the name of a directory for a name, not for a pattern', async () => {
    const name = encodeURIComponent('axxx()[b]^?');

    const { headers } = await site.direct(`/files/${name}/a.txt`);

    expect(headers).not.toHaveProperty(server.offloadHeader);
  });

  it.each([
    ['/files/moved/a.txt', 'as the server sees it'],
    ['/keys/sub/a%20b.txt', 'as the server sees it'],
    ['/linked/a.txt', 'behind a link'],
    ['/resolved/a.txt', 'behind a link'],
    ['/files/one/two/a.txt', 'below'],
  ])('sends %s %s', async (path, text) => {
    expect(await site.through(path)).toMatchObject({ status: 200, text });
  });

  it.each(['/files/moved/a.txt', '/resolved/a.txt', '/keys/sub/a%20b.txt'])(
    'leaves %s to the server',
    async (path) => {
      const { headers } = await site.direct(path);

      expect(headers).toHaveProperty(server.offloadHeader);
    },
  );

  describe('of a directory that is a link', () => {
    const follows = server.name !== 'lighttpd';

    it(`${follows ? 'leave' : 'do not leave'} the files to the server`, async () => {
      const { headers } = await site.direct('/linked/a.txt');

      expect(server.offloadHeader in headers).toBe(follows);
    });
  });
});
