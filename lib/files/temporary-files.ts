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
import { cleanFileName } from '../http/file-name.js';
import { type StorageContent } from '../storages/download-storage.js';
import { writeNew } from '../storages/new-file.js';
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

const OWN_DIRECTORY = /^nestjs-downloadview-[\w-]{22}$/;
const OWN_FILE = /^[\w-]{22}(?:\.\w{1,20})?$/;
const EXTENSION = /^\.\w{1,20}$/;
// What a process has handed over stays for a minute.
const LEAST_AGE = 120;
const SIGNS_OF_LIFE = 4;

/**
 * Makes files that go away when they were downloaded: `DownloadModule.forRoot({ temporaryFiles: { directory } })`.
 *
 * ```ts
 * constructor(private readonly temporaryFiles: TemporaryFiles) {}
 * // ...
 * return this.temporaryFiles.create('export.pdf', (path) => print(path));
 * ```
 *
 * Files that a process has left which was killed are removed `keepFor` seconds after its last sign of life, when
 * another one boots and from time to time: within the directory, and no others than those made here.
 *
 * @publicApi
 */
@Injectable()
export class TemporaryFiles {
  readonly #options: TemporaryFilesOptions | undefined;
  readonly #name = `nestjs-downloadview-${randomName()}`;
  #timer?: NodeJS.Timeout;

  constructor(options?: TemporaryFilesOptions) {
    this.#options = options;
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
   * Sweeps at once, and from time to time.
   *
   * @internal
   */
  async open(): Promise<void> {
    if (!this.#options) return;
    await this.sweep();
    const period = Math.min((this.#age * 1000) / SIGNS_OF_LIFE, 2 ** 31 - 1);
    this.#timer = setInterval(() => void this.sweep(), period).unref();
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
      if (!entry.isDirectory() || !OWN_DIRECTORY.test(entry.name)) continue;
      const path = join(directory, entry.name);
      if (path !== own && (await this.#isLeft(path, now))) await clear(path);
    }
  }

  get #age(): number {
    const { keepFor = DEFAULT_KEEP_FOR } = this.#required();
    return Math.max(keepFor, LEAST_AGE);
  }

  async #isLeft(path: string, now: number): Promise<boolean> {
    try {
      // Twice: its last answer may have ended right before its last sign of life.
      return now - (await lstat(path)).mtimeMs > 2 * this.#age * 1000;
    } catch {
      return false;
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
