import { closeSync, fstatSync, openSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

/** Reads and hashes in a thread of its own: a gigabyte takes a processor most of a second. */
const WORKER = `
const { createHash } = require('node:crypto');
const { readSync } = require('node:fs');
const { parentPort } = require('node:worker_threads');
const buffer = Buffer.allocUnsafe(1 << 20);
parentPort.on('message', (descriptor) => {
  try {
    const hash = createHash('sha256');
    let position = 0;
    for (;;) {
      const bytes = readSync(descriptor, buffer, 0, buffer.length, position);
      if (bytes === 0) break;
      hash.update(buffer.subarray(0, bytes));
      position += bytes;
    }
    parentPort.postMessage({ digest: hash.digest('base64url') });
  } catch (error) {
    parentPort.postMessage({ code: error.code, message: error.message });
  }
});
`;

interface Outcome {
  readonly digest?: string;
  readonly code?: string;
  readonly message?: string;
}

/** How many files are read at once, whatever comes. */
const THREADS = 2;
/** How many digests are remembered, of some hundred bytes each. */
const REMEMBERED = 10_000;

/**
 * The SHA-256 of files' contents: one computation for each version of a file, whoever asks, and whether or
 * not they still wait for it; two at once, and the latest 10,000 are remembered.
 *
 * @internal
 */
export class ContentHashes {
  readonly #known = new Map<string, string>();
  readonly #running = new Map<string, Promise<string>>();
  readonly #idle: Worker[] = [];
  readonly #waiting: (() => void)[] = [];
  #threads = 0;

  /**
   * @param version what no other content has: where and what the file is, and when it was changed
   * @param descriptor of the open file; it may be closed before the end
   * @param path where it was opened, for systems that cannot open a descriptor once more
   * @returns base64url
   * @throws what reading throws
   */
  of(
    version: string,
    descriptor: number,
    path: string,
  ): string | Promise<string> {
    const known = this.#known.get(version);
    if (known !== undefined) {
      this.#remember(version, known);
      return known;
    }
    const running = this.#running.get(version);
    if (running) return running;
    const started = this.#compute(version, openedAgain(descriptor, path));
    this.#running.set(version, started);
    return started;
  }

  async #compute(version: string, descriptor: number): Promise<string> {
    try {
      const digest = await this.#inThread(descriptor);
      this.#remember(version, digest);
      return digest;
    } finally {
      this.#running.delete(version);
      closeSync(descriptor);
    }
  }

  #remember(version: string, digest: string): void {
    this.#known.delete(version);
    this.#known.set(version, digest);
    if (this.#known.size <= REMEMBERED) return;
    const [oldest] = this.#known.keys();
    this.#known.delete(oldest);
  }

  async #inThread(descriptor: number): Promise<string> {
    if (this.#threads >= THREADS) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#threads += 1;
    }
    const worker = this.#idle.pop() ?? new Worker(WORKER, { eval: true });
    try {
      const digest = await digestBy(worker, descriptor);
      this.#idle.push(worker);
      return digest;
    } catch (error) {
      void worker.terminate();
      throw error;
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#threads -= 1;
    }
  }
}

function digestBy(worker: Worker, descriptor: number): Promise<string> {
  // Only while somebody waits does it keep the process alive.
  worker.ref();
  return new Promise<string>((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', ({ digest, code, message }: Outcome) => {
      worker.off('error', reject);
      worker.unref();
      if (digest !== undefined) return resolve(digest);
      reject(Object.assign(new Error(message), { code }));
    });
    worker.postMessage(descriptor);
  });
}

/** The client that asked may leave, and its descriptor is then another file's. */
function openedAgain(descriptor: number, path: string): number {
  let again: number;
  try {
    again = openSync(`/proc/self/fd/${descriptor}`, 'r');
  } catch {
    again = openSync(path, 'r');
  }
  const [one, other] = [fstatSync(descriptor), fstatSync(again)];
  if (one.ino === other.ino && one.dev === other.dev) return again;
  closeSync(again);
  throw Object.assign(new Error('The file was replaced'), { code: 'ENOENT' });
}
