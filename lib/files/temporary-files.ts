import { randomBytes } from 'node:crypto';
import { type Dirent } from 'node:fs';
import {
  lstat,
  mkdir,
  readdir,
  rmdir,
  stat,
  unlink,
  utimes,
} from 'node:fs/promises';
import { extname, isAbsolute, join } from 'node:path';

import { Injectable } from '@nestjs/common';

import {
  checkOptions,
  type OptionChecks,
  wholeNumber,
} from '../errors/check-options.js';
import { InvalidOptionsError } from '../errors/download-errors.js';
import { cleanFileName } from '../http/content-disposition.js';
import { type StorageContent } from '../storages/download-storage.js';
import { writeNew } from '../storages/publish.js';
import {
  DEFAULT_KEEP_FOR,
  KEEP_FOR_ACCEPTED,
  TemporaryFile,
} from './temporary-file.js';

/**
 * Where temporary files are made.
 *
 * @publicApi
 */
export interface TemporaryFilesOptions {
  /** An absolute path; it is made where it does not exist. Each process has a directory of its own below it. */
  readonly directory: string;
  /** Seconds that a file is kept after its last answer; 3600 by default. */
  readonly keepFor?: number;
}

const CHECKS: OptionChecks<TemporaryFilesOptions> = {
  directory: [
    (value) => typeof value === 'string' && isAbsolute(value),
    'Give the absolute path of a directory.',
  ],
  keepFor: wholeNumber(0, KEEP_FOR_ACCEPTED),
};

/**
 * @throws InvalidOptionsError
 * @internal
 */
export function checkTemporaryFiles(
  options: TemporaryFilesOptions | undefined,
): TemporaryFilesOptions | undefined {
  if (options === undefined) return undefined;
  checkOptions('temporaryFiles', options, CHECKS, {
    example: "{ directory: '/srv/temporary' }",
    required: ['directory'],
  });
  return options;
}

/** The seconds that its files are kept stand at its end, for processes that keep theirs for another time. */
const OWN_DIRECTORY = /^nestjs-downloadview-[\w-]{22}-(\d{1,16})$/;
const OWN_FILE = /^[\w-]{22}(?:\.\w{1,20})?$/;
const EXTENSION = /^\.\w{1,20}$/;
const SIGN_OF_LIFE_MS = 30_000;
/** A process without a sign of life for so long is no more: one may be too busy for some of them. */
const SILENCE_MS = 300_000;

/**
 * Makes files that go away when they were downloaded: `DownloadModule.forRoot({ temporaryFiles: { directory } })`.
 *
 * ```ts
 * constructor(private readonly temporaryFiles: TemporaryFiles) {}
 * // ...
 * return this.temporaryFiles.create('export.pdf', (path) => print(path));
 * ```
 *
 * A process shows every half minute that it lives. The files of one that was killed are removed by another that has
 * the same directory, when that boots and every half minute: five minutes and the killed one's own `keepFor` after its
 * last sign of life. Nothing else in the directory is touched.
 *
 * @publicApi
 */
@Injectable()
export class TemporaryFiles {
  readonly #options: TemporaryFilesOptions | undefined;
  readonly #name: string;
  #timer?: NodeJS.Timeout;

  constructor(options?: TemporaryFilesOptions) {
    this.#options = options;
    const { keepFor = DEFAULT_KEEP_FOR } = options ?? {};
    this.#name = `nestjs-downloadview-${randomName()}-${keepFor}`;
  }

  /**
   * @param name what the client calls it; its extension stands in the path, too
   * @param content the bytes, or a function that writes them to the path that it is given
   * @throws InvalidOptionsError where the module has no `temporaryFiles`, and where the function wrote no file
   */
  async create(
    name: string,
    content: StorageContent | ((path: string) => Promise<void>),
  ): Promise<TemporaryFile> {
    const { directory, keepFor } = this.#required();
    const own = join(directory, this.#name);
    await mkdir(own, { recursive: true });
    const extension = extname(cleanFileName(name));
    const path = join(
      own,
      randomName() + (EXTENSION.test(extension) ? extension : ''),
    );
    if (typeof content === 'function') await writtenBy(content, path);
    else await writeNew(path, content);
    return new TemporaryFile(path, { name, keepFor });
  }

  /**
   * Sweeps at once, and every half minute.
   *
   * @internal
   */
  async open(): Promise<void> {
    if (!this.#options) return;
    await this.sweep();
    this.#timer = setInterval(() => void this.sweep(), SIGN_OF_LIFE_MS).unref();
  }

  /** @internal */
  close(): void {
    clearInterval(this.#timer);
  }

  /**
   * Shows that this process lives, and removes the files of those that do not.
   *
   * @internal
   */
  async sweep(now = Date.now()): Promise<void> {
    const { directory } = this.#required();
    const own = join(directory, this.#name);
    await utimes(own, now / 1000, now / 1000).catch(() => undefined);
    for (const entry of await entriesOf(directory)) {
      const [, keepFor] = OWN_DIRECTORY.exec(entry.name) ?? [];
      if (keepFor === undefined || !entry.isDirectory()) continue;
      const path = join(directory, entry.name);
      const age = SILENCE_MS + Number(keepFor) * 1000;
      if (path !== own && (await isOlder(path, age, now))) await clear(path);
    }
  }

  #required(): TemporaryFilesOptions {
    if (this.#options) return this.#options;
    throw new InvalidOptionsError(
      'temporaryFiles',
      undefined,
      "Say where they are made: DownloadModule.forRoot({ temporaryFiles: { directory: '/srv/temporary' } }).",
    );
  }
}

async function writtenBy(
  write: (path: string) => Promise<void>,
  path: string,
): Promise<void> {
  try {
    await write(path);
    if ((await stat(path)).isFile()) return;
  } catch (error) {
    await unlink(path).catch(() => undefined);
    throw error;
  }
  throw new InvalidOptionsError(
    'TemporaryFiles.create',
    path,
    'The function must write a regular file there.',
  );
}

async function isOlder(
  path: string,
  milliseconds: number,
  now: number,
): Promise<boolean> {
  try {
    return now - (await lstat(path)).mtimeMs > milliseconds;
  } catch {
    return false;
  }
}

/** Follows no link, and leaves what others have put there. */
async function clear(directory: string): Promise<void> {
  for (const entry of await entriesOf(directory)) {
    if (!entry.isFile() || !OWN_FILE.test(entry.name)) continue;
    await unlink(join(directory, entry.name)).catch(() => undefined);
  }
  await rmdir(directory).catch(() => undefined);
}

function entriesOf(directory: string): Promise<Dirent[]> {
  return readdir(directory, { withFileTypes: true }).catch(() => []);
}

function randomName(): string {
  return randomBytes(17).toString('base64url').slice(0, 22);
}
