import {
  checkOptions,
  CHECKED_ELSEWHERE,
  oneOf,
  type OptionChecks,
  wholeNumber,
} from '../errors/check-options.js';
import { type DownloadRequest } from '../http/download-request.js';
import { type Awaitable } from '../storages/awaitable.js';

/**
 * How many downloads may go on at once for one key. Downloads are counted together that have the same object of options:
 * keep it, and share it between controllers that are to have one limit.
 *
 * ```ts
 * concurrent: { max: 3, by: (request) => request.ip ?? '', per: 'file' }
 * ```
 *
 * @publicApi
 */
export interface ConcurrentOptions {
  /** How many at once, 1 or more. */
  readonly max: number;
  /** Who has them: the user, the address, the tenant. */
  readonly by: (request: DownloadRequest) => string;
  /**
   * `'file'`: all GET requests for one URL count once, so that a download manager gets a file in parts. By default each
   * answer with a body counts.
   */
  readonly per?: 'file';
  /** Where they are counted; by default in the memory of this process. */
  readonly slots?: DownloadSlots;
}

/**
 * Where downloads that go on are counted. `DatabaseSlots` of nestjs-downloadview/typeorm counts over several processes;
 * implement it to count elsewhere.
 *
 * @publicApi
 */
export interface DownloadSlots {
  /**
   * Takes a slot, where one is free.
   *
   * @param key whose it is
   * @param unit what counts: equal ones share a slot, which is free when all of them have given it back
   * @param max how many units a key may have at once
   * @returns gives the slot back; undefined where none is free
   */
  take(
    key: string,
    unit: string,
    max: number,
  ): Awaitable<(() => unknown) | undefined>;
}

const CHECKS: OptionChecks<ConcurrentOptions> = {
  max: wholeNumber(1, 'Give a whole number, 1 or more.'),
  by: [
    (value) => typeof value === 'function',
    "Give a function of the request: (request) => request.ip ?? ''.",
  ],
  per: oneOf(['file'], "Give 'file', or leave it out."),
  slots: CHECKED_ELSEWHERE,
};

/**
 * @throws InvalidOptionsError
 * @internal
 */
export function checkConcurrent(
  owner: string,
  options: unknown,
): asserts options is ConcurrentOptions {
  checkOptions(owner, options, CHECKS, {
    example: "{ max: 3, by: (request) => request.ip ?? '' }",
    required: ['max', 'by'],
  });
}

/**
 * Counts in the memory of this process.
 *
 * @internal
 */
export class MemorySlots implements DownloadSlots {
  readonly #unitsOf = new Map<string, Map<string, number>>();

  take(key: string, unit: string, max: number): (() => void) | undefined {
    const units = this.#unitsOf.get(key) ?? new Map<string, number>();
    const taken = units.get(unit) ?? 0;
    if (taken === 0 && units.size >= max) return undefined;
    units.set(unit, taken + 1);
    this.#unitsOf.set(key, units);
    return () => this.#giveBack(key, units, unit);
  }

  #giveBack(key: string, units: Map<string, number>, unit: string): void {
    const left = (units.get(unit) ?? 0) - 1;
    if (left > 0) units.set(unit, left);
    else units.delete(unit);
    if (units.size === 0) this.#unitsOf.delete(key);
  }
}
