import { mkdir, rm, symlink, utimes } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  apache,
  caddy,
  type DownloadBackend,
  type DownloadFile,
  DownloadResponse,
  type DownloadResponseOptions,
  type FileStat,
  lighttpd,
  LocalFile,
  nginx,
  type ProxiableRequest,
  type ProxiedDownloadResponse,
} from 'nestjs-downloadview';

import { DIFFICULT_FILE_NAMES } from '../../support/files/difficult-file-names.js';
import { makeFifo } from '../../support/files/special-files.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../../support/files/temporary-directory.js';

const REQUEST: ProxiableRequest = {
  method: 'GET',
  headers: {},
  report: () => undefined,
};
const ON_DISK = new Date('2025-03-01T10:00:00.500Z');
const OF_THE_ROW = new Date('2024-01-01T00:00:00.000Z');

let directory: TemporaryDirectory;
let root: string;
let path: string;

beforeAll(async () => {
  directory = await temporaryDirectory();
  root = directory.path;
  path = await directory.write('a.txt', 'Hello\n');
  await utimes(path, ON_DISK, ON_DISK);
  for (const { name } of DIFFICULT_FILE_NAMES) {
    await directory.write(`names/${name}`, '');
  }
  makeFifo(`${root}/fifo`);
});

afterAll(() => directory.remove());

const BACKENDS: Record<string, () => DownloadBackend> = {
  'apache raw': () =>
    apache({
      rules: [
        { sourceDir: root },
        { sourceUrl: '/media/', destinationDir: '/mnt/' },
      ],
      pathEncoding: 'raw',
    }),
  'apache percent': () =>
    apache({
      rules: [
        { sourceDir: root },
        { sourceUrl: '/media/', destinationDir: '/mnt/' },
      ],
      pathEncoding: 'percent',
    }),
  lighttpd: () =>
    lighttpd({
      rules: [
        { sourceDir: root },
        { sourceUrl: '/media/', destinationDir: '/mnt/' },
      ],
    }),
  'caddy raw': () => caddy(caddyOptions('raw')),
  'caddy percent': () => caddy(caddyOptions('percent')),
};
const NAMES = Object.keys(BACKENDS);
/** Those whose server takes the tag of the application. */
const TAKE_OURS = NAMES.filter((name) => name !== 'caddy raw');
/** Those whose server holds dates against the time of the file. */
const DATED_BY_DISK = ['lighttpd', 'caddy percent'];

function caddyOptions(pathEncoding: 'raw' | 'percent') {
  return {
    rules: [
      { sourceDir: root, destination: '/_offload/' },
      {
        sourceUrl: '/media/',
        destination: '/_media/',
        destinationDir: '/mnt/',
      },
    ],
    pathEncoding,
  };
}

async function proxied(
  name: string,
  file: DownloadFile,
  options?: DownloadResponseOptions,
): Promise<ProxiedDownloadResponse | undefined> {
  const response = new DownloadResponse(file, options);
  return BACKENDS[name]().proxy(response, REQUEST);
}

/** A file of a custom storage, or of an entity. */
function fileWith(
  stat: FileStat,
  place: Pick<DownloadFile, 'path' | 'url'> = { path },
): DownloadFile {
  return {
    name: 'a.txt',
    ...place,
    stat: () => stat,
    open: () => {
      throw new Error('Nothing is to be read');
    },
  };
}

describe.each(NAMES)('an answer for %s', (name) => {
  const [server, encoding = 'percent'] = name.split(' ');
  const isCaddy = server === 'caddy';
  const header = isCaddy ? 'X-Accel-Redirect' : 'X-Sendfile';
  const place = (): string => (isCaddy ? '/_offload' : root);

  it('is empty, and says where the file lies and what it is', async () => {
    const answer = await proxied(name, new LocalFile(path));

    expect(answer).toMatchObject({
      status: 200,
      headers: {
        [header]: `${place()}/a.txt`,
        'Content-Length': '0',
        'Content-Type': 'text/plain',
        'X-Content-Type-Options': 'nosniff',
      },
    });
    expect(answer?.headers).not.toHaveProperty('Accept-Ranges');
    expect(answer?.headers).not.toHaveProperty('Content-Encoding');
  });

  it.each(DIFFICULT_FILE_NAMES)(
    `has the name in the encoding ${encoding}, or there is none: $title`,
    async (file) => {
      const answer = await proxied(
        name,
        new LocalFile(`${root}/names/${file.name}`),
      );

      if (answer === undefined) {
        expect(isUntold(name, file.name)).toBe(true);
        return;
      }
      expect(isUntold(name, file.name)).toBe(false);
      const bytes = Buffer.from(`${place()}/names/${file.name}`);
      const told =
        encoding === 'raw'
          ? Buffer.from(answer.location, 'latin1')
          : Buffer.from(decodeURIComponent(answer.location));
      expect(told.equals(bytes)).toBe(true);
      if (encoding === 'percent') {
        expect(answer.location).toMatch(/^(?:[\w.~/-]|%[0-9A-F]{2})+$/);
      }
    },
  );

  it.each([
    ['an encoding', { encoding: 'gzip' }],
    ['a coding among its headers', { headers: { 'content-encoding': 'br' } }],
  ])(
    server === 'lighttpd'
      ? 'is there for a file with %s, and has it'
      : 'is not there for a file with %s',
    async (_, options) => {
      const answer = await proxied(name, new LocalFile(path), options);

      expect(answer !== undefined).toBe(server === 'lighttpd');
    },
  );

  it('is not there for a file that no rule holds', async () => {
    expect(await proxied(name, new LocalFile('/etc/hostname'))).toBeUndefined();
  });

  it('is not there for what a storage takes for a file and is none', async () => {
    const stat = { size: 0, etag: '"a"' };

    for (const other of ['fifo', 'names', 'missing']) {
      const file = fileWith(stat, { path: `${root}/${other}` });
      expect(await proxied(name, file)).toBeUndefined();
    }
  });

  it('is there for a file by its URL', async () => {
    const file = fileWith({ etag: '"a"' }, { url: '/media/b%20c.txt' });

    const answer = await proxied(name, file);

    const told = encoding === 'raw' ? 'b c.txt' : 'b%20c.txt';
    expect(answer?.location).toBe(isCaddy ? `/_media/${told}` : `/mnt/${told}`);
  });
});

function isUntold(name: string, fileName: string): boolean {
  switch (name) {
    case 'apache raw':
      // eslint-disable-next-line no-control-regex
      return /[\0-\x08\x0a-\x1f\x7f%]|[\t ]$/.test(fileName);
    case 'caddy raw':
      // eslint-disable-next-line no-control-regex
      return /[\0-\x08\x0a-\x1f\x7f%?]|[\t ]$/.test(fileName);
    case 'lighttpd':
      // eslint-disable-next-line no-control-regex
      return /[\0-\x1f\x7f]/.test(fileName);
    default:
      return false;
  }
}

describe.each(TAKE_OURS)('tag and date for %s', (name) => {
  const isDatedByDisk = DATED_BY_DISK.includes(name);

  it('are those of a local file', async () => {
    const file = new LocalFile(path);
    const { etag } = await file.stat();

    expect((await proxied(name, file))?.headers).toMatchObject({
      ETag: etag,
      'Last-Modified': 'Sat, 01 Mar 2025 10:00:00 GMT',
    });
  });

  it(`are those of a row, but for the date: ${isDatedByDisk ? "the disk's" : "the row's"}`, async () => {
    const row = { etag: '"row-1"', lastModified: OF_THE_ROW };

    expect((await proxied(name, fileWith(row)))?.headers).toMatchObject({
      ETag: '"row-1"',
      'Last-Modified': isDatedByDisk
        ? 'Sat, 01 Mar 2025 10:00:00 GMT'
        : 'Mon, 01 Jan 2024 00:00:00 GMT',
    });
  });

  it.each([undefined, 'W/"row-1"'])(
    'are strong: in place of %s comes the tag of the file on the disk',
    async (etag) => {
      const own = await new LocalFile(path).stat();

      const answer = await proxied(name, fileWith({ etag }));

      expect(answer?.headers.ETag).toBe(own.etag);
    },
  );

  it('are never in the future', async () => {
    const later = new Date(Date.now() + 3_600_000);
    const future = await directory.write('future.txt', '');
    await utimes(future, later, later);

    const answer = await proxied(name, new LocalFile(future));

    const date = new Date(answer?.headers['Last-Modified'] ?? NaN);
    expect(date.getTime()).toBeLessThanOrEqual(Date.now());
  });

  it('are needed: without a strong tag the file is not the server’s', async () => {
    for (const etag of [undefined, 'W/"a"']) {
      const file = fileWith({ etag }, { url: '/media/a.txt' });
      expect(await proxied(name, file)).toBeUndefined();
    }
  });
});

it('a Caddy with tags of its own is told none', async () => {
  const answer = await proxied('caddy raw', new LocalFile(path));

  expect(answer?.headers).not.toHaveProperty('ETag');
  expect(answer?.headers).not.toHaveProperty('Last-Modified');
});

it.each([
  ['apache raw', 'application', 50],
  ['apache percent', 'application', 50],
  ['lighttpd', 'application', 1],
  ['caddy raw', 'server', 50],
  ['caddy percent', 'application', 50],
])(
  '%s has conditions answered by the %s, and %d ranges by the server',
  (name, conditions, mostRanges) => {
    expect(BACKENDS[name]()).toMatchObject({ conditions, mostRanges });
  },
);

describe('A file that was handed to nginx before', () => {
  const backend = (
    ...rules: { sourceDir: string; destination: string }[]
  ): DownloadBackend => nginx({ rules });
  const answerTo = async (
    asked: DownloadBackend,
    file: string,
    further: Partial<ProxiableRequest> = {},
  ): Promise<ProxiedDownloadResponse | undefined> =>
    asked.proxy(new DownloadResponse(new LocalFile(file)), {
      ...REQUEST,
      ...further,
    });

  it('is told by the same answer while it lies where it lay', async () => {
    const asked = backend({ sourceDir: root, destination: '/_x/' });
    const first = await answerTo(asked, path);
    expect(first?.location).toBe('/_x/a.txt');
    expect(await answerTo(asked, path)).toBe(first);
  });

  it('is told by its own place where another one looks the same', async () => {
    const asked = backend({ sourceDir: root, destination: '/_x/' });
    const twin = await directory.write('twin/a.txt', 'Hello\n');
    await utimes(twin, ON_DISK, ON_DISK);
    await answerTo(asked, path);
    const other = await answerTo(asked, twin);
    expect(other?.location).toBe('/_x/twin/a.txt');
  });

  it('is told from where no ranges are cut to a client that asks for some', async () => {
    const asked = backend({ sourceDir: root, destination: '/_x/' });
    await answerTo(asked, path);
    const ranged = await answerTo(asked, path, {
      headers: { range: 'bytes=0-0' },
    });
    expect(ranged?.whole).toBeDefined();
    expect((await answerTo(asked, path))?.whole).toBeUndefined();
  });

  it('is told by the rule that holds it now, where links lead elsewhere than before', async () => {
    const link = `${root}/links/current`;
    const file = await directory.write('files/b.txt', 'Hello\n');
    await mkdir(`${root}/links`);
    await symlink(`${root}/names`, link);
    const asked = backend(
      { sourceDir: link, destination: '/_first/' },
      { sourceDir: `${root}/files`, destination: '/_x/' },
    );
    expect((await answerTo(asked, file))?.location).toBe('/_x/b.txt');
    await rm(link);
    await symlink(`${root}/files`, link);
    expect((await answerTo(asked, file))?.location).toBe('/_first/b.txt');
  });

  it('is explained each time to whoever wants to know', async () => {
    const asked = backend({ sourceDir: root, destination: '/_x/' });
    const notes: unknown[] = [];
    const note = (one: unknown): void => void notes.push(one);
    await answerTo(asked, path);
    await answerTo(asked, path, { note });
    expect(notes).toContainEqual({ rule: 'rules[0]' });
  });
});
