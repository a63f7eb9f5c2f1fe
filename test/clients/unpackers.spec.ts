import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  ContentFile,
  type DownloadFile,
  type ReadWindow,
} from 'nestjs-downloadview';
import {
  type ArchiveEntry,
  TarFile,
  ZipFile,
} from 'nestjs-downloadview/archives';

import { zeros } from '../support/files/archive-sources.js';
import { bytesOf } from '../support/clients/bytes-of.js';
import { command, type CommandResult } from '../support/command.js';
import { describeWith } from '../support/describe-with.js';
import { type ProgramName } from '../support/programs.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

// Gigabytes, though of nothing but zeros, on machines that have other work too.
jest.setTimeout(120_000);

const GIGABYTE = 1024 ** 3;
const MODIFIED = new Date('2026-03-04T05:06:07Z');

const text = (content: string, name: string): DownloadFile =>
  new ContentFile(content, { name, etag: name, lastModified: MODIFIED });

const CONTENTS: Record<string, string> = {
  'plain.txt': 'plain '.repeat(20_000),
  '日本/Zürich ✓.txt': 'a name in UTF-8',
  'bin/run.sh': '#!/bin/sh\n',
  'empty.txt': '',
};
const ENTRIES: ArchiveEntry[] = [
  ...Object.entries(CONTENTS).map(([path, content]) => ({
    file: text(content, 'any'),
    path,
    mode: path.endsWith('.sh') ? 0o755 : undefined,
  })),
  { path: 'nothing in it/' },
];

/**
 * How each program tests an archive, and unpacks one where it is started; how it prints the entry behind one of gigabytes,
 * where that one would take it very long.
 */
const UNPACKERS: readonly {
  program: ProgramName;
  test: readonly string[];
  unpack: readonly string[];
  behind?: (archive: string) => readonly string[];
}[] = [
  {
    program: 'unzip',
    test: ['-tqq'],
    unpack: ['-q'],
    behind: (archive) => ['-p', archive, 'behind.txt'],
  },
  {
    program: '7z',
    test: ['t', '-bd'],
    unpack: ['x', '-bd'],
    behind: (archive) => ['x', '-so', archive, 'behind.txt'],
  },
  { program: 'bsdtar', test: ['-tf'], unpack: ['-xf'] },
  {
    program: 'python3',
    test: ['-m', 'zipfile', '-t'],
    unpack: [
      '-c',
      'import sys, zipfile as z; z.ZipFile(sys.argv[1]).extractall()',
    ],
    // And where the other begins.
    behind: (archive) => [
      '-c',
      'import sys, zipfile as z; a = z.ZipFile(sys.argv[1]); a.open("over.bin").read(1024); print(a.read("behind.txt").decode())',
      archive,
    ],
  },
];

const SMALL: readonly [string, ZipFile][] = [
  ['a ZipFile', new ZipFile(ENTRIES, { name: 'a.zip', comment: 'Grüße' })],
  ['a compressed one', new ZipFile(ENTRIES, { name: 'a.zip', compress: true })],
];

const many = (count: number): ZipFile =>
  new ZipFile(
    Array.from({ length: count }, (_, index) => text('', `${index}.txt`)),
    { name: 'many.zip' },
  );

const OVER = 'an entry of more than 4 GiB, and one behind it';
const LARGE: readonly [string, ZipFile][] = [
  ['65,535 entries', many(65_535)],
  ['65,536 entries', many(65_536)],
  [
    OVER,
    new ZipFile(
      [zeros('over.bin', 4 * GIGABYTE + 1), text('behind it', 'behind.txt')],
      { name: 'large.zip' },
    ),
  ],
];

/** Programs that read tar files: how they list one, and unpack one where they are started. */
const UNTARRERS: readonly {
  program: ProgramName;
  list: readonly string[];
  unpack: readonly string[];
}[] = [
  { program: 'tar', list: ['-tf'], unpack: ['-xf'] },
  { program: 'bsdtar', list: ['-tf'], unpack: ['-xf'] },
  {
    program: 'python3',
    list: ['-m', 'tarfile', '-l'],
    unpack: ['-m', 'tarfile', '-e'],
  },
];

const TARS: readonly [string, TarFile][] = [
  ['a TarFile', new TarFile(ENTRIES, { name: 'a.tar' })],
  ['a compressed one', new TarFile(ENTRIES, { name: 'a.tar.gz', gzip: true })],
];
const LARGE_TAR: readonly [string, TarFile] = [
  'an entry of more than 8 GiB, and one behind it',
  new TarFile(
    [zeros('over.bin', 9 * GIGABYTE), text('behind it', 'behind.txt')],
    { name: 'large.tar' },
  ),
];

/**
 * Writes an archive. Of a large one only its two ends: what lies between them is zeros, which a sparse file need
 * not hold.
 */
async function write(path: string, archive: DownloadFile): Promise<void> {
  const { size = 0 } = await archive.stat();
  const file = await open(path, 'w');
  const put = async (start: number, window?: ReadWindow): Promise<void> => {
    const bytes = await bytesOf(await archive.open(window));
    await file.write(bytes, 0, bytes.length, start);
  };
  if (size < GIGABYTE) {
    await put(0);
  } else {
    await put(0, { start: 0, end: 0xffff });
    await put(size - 0xffff, { start: size - 0xffff });
  }
  await file.close();
}

const run = (
  program: ProgramName,
  parameters: readonly string[],
  cwd?: string,
): Promise<CommandResult> =>
  command(program, parameters, { cwd, locale: 'C.UTF-8', timeout: 100_000 });

async function expectContents(directory: string): Promise<void> {
  for (const [path, content] of Object.entries(CONTENTS)) {
    expect(await readFile(join(directory, path), 'utf8')).toBe(content);
  }
  const empty = await stat(join(directory, 'nothing in it'));
  expect(empty.isDirectory()).toBe(true);
}

async function expectFacts(directory: string): Promise<void> {
  const script = await stat(join(directory, 'bin/run.sh'));
  expect(script.mode & 0o777).toBe(0o755);
  expect(script.mtime).toEqual(MODIFIED);
}

describe('An archive', () => {
  let directory: TemporaryDirectory;
  beforeAll(async () => {
    directory = await temporaryDirectory();
    for (const [kind, zip] of [...SMALL, ...LARGE]) {
      await write(join(directory.path, `${kind}.zip`), zip);
    }
    for (const [kind, tar] of [...TARS, LARGE_TAR]) {
      await write(join(directory.path, `${kind}.tar`), tar);
    }
  });
  afterAll(() => directory.remove());

  describe.each(UNTARRERS)('$program', ({ program, list, unpack }) => {
    describeWith([program], 'reads', () => {
      it.each(TARS)('%s, with names, times and permissions', async (kind) => {
        const archive = join(directory.path, `${kind}.tar`);
        const target = join(directory.path, `tar: ${kind} by ${program}`);
        await mkdir(target);
        expect(await run(program, [...unpack, archive], target)).toMatchObject({
          code: 0,
        });
        await expectContents(target);
        await expectFacts(target);
      });

      it(LARGE_TAR[0], async () => {
        const { code, output } = await run(program, [
          ...list,
          join(directory.path, `${LARGE_TAR[0]}.tar`),
        ]);
        expect(code).toBe(0);
        expect(output.toString()).toMatch(/over\.bin\s+behind\.txt/);
      });
    });
  });

  describe.each(UNPACKERS)('$program', ({ program, test, unpack, behind }) => {
    describeWith([program], 'reads', () => {
      it.each(SMALL)('%s, with names, times and permissions', async (kind) => {
        const archive = join(directory.path, `${kind}.zip`);
        expect(await run(program, [...test, archive])).toMatchObject({
          code: 0,
        });
        const target = join(directory.path, `${kind} by ${program}`);
        await mkdir(target);
        await run(program, [...unpack, archive], target);
        await expectContents(target);
        // It knows neither times nor permissions.
        if (program !== 'python3') await expectFacts(target);
      });

      it.each(LARGE)('%s', async (kind) => {
        const archive = join(directory.path, `${kind}.zip`);
        const isBehind = kind === OVER && behind !== undefined;
        const parameters = isBehind ? behind(archive) : [...test, archive];
        const { code, output } = await run(program, parameters);
        expect(code).toBe(0);
        if (isBehind) expect(output.toString()).toMatch(/^behind it\n?$/);
      });
    });
  });
});
