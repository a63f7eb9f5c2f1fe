import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ContentFile, type DownloadFile } from 'nestjs-downloadview';
import { type ArchiveEntry, ZipFile } from 'nestjs-downloadview/archives';

import { isOfZeros, zeros } from '../support/archive-sources.js';
import { command, type CommandResult } from '../support/command.js';
import { describeWith } from '../support/describe-with.js';
import { type ProgramName } from '../support/programs.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/temporary-directory.js';

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

/** How each program tests an archive, and unpacks one where it is started. */
const UNPACKERS: readonly {
  program: ProgramName;
  test: readonly string[];
  unpack: readonly string[];
}[] = [
  { program: 'unzip', test: ['-tqq'], unpack: ['-q'] },
  { program: '7z', test: ['t', '-bd'], unpack: ['x', '-bd'] },
  { program: 'bsdtar', test: ['-tf'], unpack: ['-xf'] },
  {
    program: 'python3',
    test: ['-m', 'zipfile', '-t'],
    unpack: [
      '-c',
      'import sys, zipfile as z; z.ZipFile(sys.argv[1]).extractall()',
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

/** Writes an archive without its zeros: as much as it is on paper, and next to nothing on the disk. */
async function writeSparse(path: string, zip: ZipFile): Promise<number> {
  const file = await open(path, 'w');
  let at = 0;
  for await (const piece of await zip.open()) {
    const bytes = piece as Buffer;
    if (!isOfZeros(bytes)) await file.write(bytes, 0, bytes.length, at);
    at += bytes.length;
  }
  await file.truncate(at);
  await file.close();
  return at;
}

const run = (
  program: ProgramName,
  parameters: readonly string[],
  cwd?: string,
): Promise<CommandResult> =>
  command(program, parameters, { cwd, locale: 'C.UTF-8', timeout: 100_000 });

describe('An archive', () => {
  let directory: TemporaryDirectory;
  beforeAll(async () => {
    directory = await temporaryDirectory();
    for (const [kind, zip] of [...SMALL, ...LARGE]) {
      const { size } = await zip.stat();
      const written = await writeSparse(
        join(directory.path, `${kind}.zip`),
        zip,
      );
      if (size !== undefined) expect([kind, written]).toEqual([kind, size]);
    }
  });
  afterAll(() => directory.remove());

  describe.each(UNPACKERS)('$program', ({ program, test, unpack }) => {
    describeWith([program], 'reads', () => {
      it.each(SMALL)('%s, with names, times and permissions', async (kind) => {
        const archive = join(directory.path, `${kind}.zip`);
        expect(await run(program, [...test, archive])).toMatchObject({
          code: 0,
        });
        const target = join(directory.path, `${kind} by ${program}`);
        await mkdir(target);
        await run(program, [...unpack, archive], target);
        for (const [path, content] of Object.entries(CONTENTS)) {
          expect(await readFile(join(target, path), 'utf8')).toBe(content);
        }
        expect((await stat(join(target, 'nothing in it'))).isDirectory()).toBe(
          true,
        );
        if (program === 'python3') return; // It knows neither times nor permissions.
        const script = await stat(join(target, 'bin/run.sh'));
        expect(script.mode & 0o777).toBe(0o755);
        expect(script.mtime).toEqual(MODIFIED);
      });

      it.each(LARGE)('%s', async (kind) => {
        const archive = join(directory.path, `${kind}.zip`);
        // It would take a minute for the one before.
        const isSlow = program === 'unzip' && kind === OVER;
        const only = isSlow ? ['behind.txt'] : [];
        expect(await run(program, [...test, archive, ...only])).toMatchObject({
          code: 0,
        });
      });
    });
  });
});
