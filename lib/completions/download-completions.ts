import { isIP } from 'node:net';
import { isAbsolute } from 'node:path';

import {
  checkOptions,
  type OptionChecks,
  wholeNumber,
} from '../errors/check-options.js';
import { InvalidOptionsError } from '../errors/download-errors.js';
import { type Completion, parseCompletion } from './completion-line.js';
import {
  type CompletionLog,
  followLines,
  listenForLines,
} from './completion-log.js';

/**
 * Where the server in front says what became of the files that it was handed: `serverConfig({ completions })` prints
 * the directives for the same file or address.
 *
 * @publicApi
 */
export interface CompletionsOptions {
  /** The log file that the server writes, absolute. It is followed through rotation. */
  readonly file?: string;
  /** `127.0.0.1:5140`: where datagrams of nginx (syslog) and Caddy come in; an address of this machine alone. */
  readonly listen?: string;
  /** Seconds after which a download without a line is `unknown`; 3600 by default. */
  readonly timeout?: number;
}

const DEFAULT_TIMEOUT = 3600;
const EXAMPLE =
  "{ listen: '127.0.0.1:5140' } or { file: '/var/log/nginx/downloads.log' }";

const CHECKS: OptionChecks<CompletionsOptions> = {
  file: [
    (value) => typeof value === 'string' && isAbsolute(value),
    'Give the absolute path of the log file.',
  ],
  listen: [
    (value) => loopback(value) !== undefined,
    "Give an address of this machine alone, with its port: '127.0.0.1:5140'.",
  ],
  timeout: wholeNumber(1, 'Give whole seconds, 1 or more.'),
};

/**
 * @throws InvalidOptionsError
 * @internal
 */
export function checkCompletions(
  options: CompletionsOptions | undefined,
): CompletionsOptions | undefined {
  if (options === undefined) return undefined;
  checkOptions('completions', options, CHECKS, { example: EXAMPLE });
  const { file, listen } = options;
  if ((file === undefined) === (listen === undefined)) {
    throw new InvalidOptionsError(
      'completions',
      file === undefined ? {} : 'file and listen',
      `Give one of the two: ${EXAMPLE}.`,
    );
  }
  return options;
}

/** Whoever else could send to it would end downloads that go on. */
function loopback(value: unknown): { host: string; port: number } | undefined {
  if (typeof value !== 'string') return undefined;
  const [, bracketed, plain, digits] =
    /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(value) ?? [];
  const host = bracketed ?? (plain === 'localhost' ? '127.0.0.1' : plain);
  const port = Number(digits);
  const isLoopback =
    host === '::1' ||
    (host !== undefined && isIP(host) === 4 && host.startsWith('127.'));
  return isLoopback && host !== undefined && port <= 65_535
    ? { host, port }
    : undefined;
}

interface Waiting {
  readonly until: number;
  readonly callbacks: Set<CompletionCallback>;
}

/**
 * @param completion undefined where none has come in time
 * @internal
 */
export type CompletionCallback = (completion: Completion | undefined) => void;

/**
 * The downloads that were handed to a server in front, until its log tells what became of them.
 *
 * @internal
 */
export class DownloadCompletions {
  /** In the order of their ends: all wait as long. */
  readonly #waiting = new Map<string, Waiting>();
  readonly #timeout: number;
  #log?: CompletionLog;
  #timer?: NodeJS.Timeout;

  /** @param options undefined where the server's log is not read: then nothing may be waited for */
  constructor(
    private readonly options: CompletionsOptions | undefined,
    private readonly onError: (error: Error) => void = (): void => undefined,
  ) {
    this.#timeout = (options?.timeout ?? DEFAULT_TIMEOUT) * 1000;
  }

  /** Whether what was handed over is heard of again. */
  get areRead(): boolean {
    return this.options !== undefined;
  }

  /** Seconds after which a download counts as unknown. */
  get timeout(): number {
    return this.#timeout / 1000;
  }

  /** @throws where the address is taken */
  async open(): Promise<{ port?: number }> {
    const { file, listen } = this.options ?? {};
    const take = (line: string): void => this.take(line);
    if (file !== undefined) {
      this.#log = followLines(file, take, this.onError);
      await this.#log.ready;
    }
    const address = loopback(listen);
    if (!address) return {};
    const log = listenForLines(address.host, address.port, take);
    this.#log = log;
    return log.address;
  }

  /**
   * Calls everybody back once who waits for an id: when the server's line has come, or the time for it is over.
   *
   * @returns gives up waiting: the answer never reached the server
   */
  expect(id: string, callback: CompletionCallback): () => void {
    const waiting = this.#waiting.get(id) ?? {
      until: Date.now() + this.#timeout,
      callbacks: new Set<CompletionCallback>(),
    };
    waiting.callbacks.add(callback);
    this.#waiting.set(id, waiting);
    this.#timer ??= this.#wakeIn(this.#timeout);
    return () => {
      waiting.callbacks.delete(callback);
      if (waiting.callbacks.size === 0) this.#waiting.delete(id);
    };
  }

  take(line: string): void {
    const completion = parseCompletion(line);
    const waiting = completion && this.#waiting.get(completion.id);
    if (!waiting) return;
    // A forged or repeated line finds nobody any more.
    this.#waiting.delete(completion.id);
    for (const callback of waiting.callbacks) callback(completion);
  }

  /** Nobody will tell of those that are left. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#log?.close();
    this.#log = undefined;
    const left = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { callbacks } of left) {
      for (const callback of callbacks) callback(undefined);
    }
  }

  #wakeIn(milliseconds: number): NodeJS.Timeout {
    return setTimeout(
      () => this.#expire(),
      Math.min(milliseconds, 2 ** 31 - 1),
    ).unref();
  }

  #expire(): void {
    this.#timer = undefined;
    const now = Date.now();
    for (const [id, { until, callbacks }] of this.#waiting) {
      if (until > now) {
        this.#timer = this.#wakeIn(until - now);
        return;
      }
      this.#waiting.delete(id);
      for (const callback of callbacks) callback(undefined);
    }
  }
}
