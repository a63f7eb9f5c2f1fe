import { unlink } from 'node:fs/promises';

import { InvalidOptionsError } from '../errors/download-errors.js';
import { checkNames, isWholeNumber, namesOf } from '../errors/check-options.js';
import { type FileUse } from './download-file.js';
import { LocalFile } from './local-file.js';

/**
 * Options of TemporaryFile.
 *
 * @publicApi
 */
export interface TemporaryFileOptions {
  /** What the client calls it; the last segment of the path by default. */
  readonly name?: string;
  /**
   * Seconds that it is kept after its last answer, where no answer has handed on all of it; 3600 by default. With
   * 0 it is removed after the last running answer with a body, whatever way that ended.
   */
  readonly keepFor?: number;
}

const OPTIONS = namesOf<TemporaryFileOptions>({ name: true, keepFor: true });

/** Seconds. */
export const DEFAULT_KEEP_FOR = 3600;
// A server that was told of a file opens it some time later.
const HANDED_OVER_MS = 60_000;

/** @internal */
export const KEEP_FOR_ACCEPTED =
  'Give whole seconds, 0 to remove it after the last running answer.';

/**
 * A file on a disk of this machine that goes away when it was downloaded.
 *
 * ```ts
 * new TemporaryFile('/srv/exports/815.pdf', { name: 'invoices.pdf' })
 * ```
 *
 * It is removed at once after one 200 whose every byte was handed on, unless other answers of it are running;
 * else `keepFor` seconds after the last answer ended. Never because a client left, nor by HEAD, 304 or 412: the
 * client comes back for the rest. A file that a server in front was told of stays until that server says that it
 * has sent it (`completions` of the module), or for a minute at least.
 *
 * `TemporaryFiles` makes such files, and removes those that a process which was killed has left.
 *
 * @publicApi
 */
export class TemporaryFile extends LocalFile {
  readonly #keepFor: number;

  /**
   * @param path absolute
   * @throws InvalidOptionsError for a relative path, and for options that are wrong
   */
  constructor(path: string, options: TemporaryFileOptions = {}) {
    checkNames('TemporaryFile', options, OPTIONS, '{ keepFor: 3600 }');
    super(path, { name: options.name });
    const { keepFor = DEFAULT_KEEP_FOR } = options;
    if (!isWholeNumber(keepFor, 0)) {
      throw new InvalidOptionsError(
        'TemporaryFile.keepFor',
        keepFor,
        KEEP_FOR_ACCEPTED,
      );
    }
    this.#keepFor = keepFor;
  }

  /** @internal */
  get needsCompletion(): boolean {
    return this.#keepFor === 0;
  }

  /** @internal */
  use(): FileUse {
    return usesOf(this.path).begin(this.#keepFor);
  }
}

const files = new Map<string, FileUses>();

function usesOf(path: string): FileUses {
  const known = files.get(path);
  if (known) return known;
  const uses = new FileUses(path, () => files.delete(path));
  files.set(path, uses);
  return uses;
}

/** The answers of one file, of however many wrappers. */
class FileUses {
  #running = 0;
  #isWhole = false;
  #wasSent = false;
  #keepFor = 0;
  #stayUntil = 0;
  #timer?: NodeJS.Timeout;

  constructor(
    private readonly path: string,
    private readonly forget: () => void,
  ) {}

  begin(keepFor: number): FileUse {
    this.#running += 1;
    this.#keepFor = keepFor;
    clearTimeout(this.#timer);
    let isOver = false;
    return {
      over: (end) => {
        if (isOver) return;
        isOver = true;
        this.#running -= 1;
        if (end !== 'nothing') this.#wasSent = true;
        if (end === 'whole') this.#isWhole = true;
        if (end === 'handed-over') {
          this.#stayUntil = Date.now() + HANDED_OVER_MS;
        }
        if (this.#running === 0) this.#settle();
      },
    };
  }

  #settle(): void {
    const isDone = this.#isWhole || (this.#keepFor === 0 && this.#wasSent);
    const keepFor = this.#keepFor === 0 ? DEFAULT_KEEP_FOR : this.#keepFor;
    const wait = Math.max(
      isDone ? 0 : keepFor * 1000,
      this.#stayUntil - Date.now(),
    );
    if (wait <= 0) this.#remove();
    else this.#timer = setTimeout(() => this.#remove(), limited(wait)).unref();
  }

  #remove(): void {
    this.forget();
    // One that somebody else has removed is gone as well; one that cannot be removed waits for the sweep.
    unlink(this.path).catch(() => undefined);
  }
}

/** Node calls longer timers back at once. */
function limited(milliseconds: number): number {
  return Math.min(milliseconds, 2 ** 31 - 1);
}
