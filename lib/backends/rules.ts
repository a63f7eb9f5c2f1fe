import { isAbsolute, resolve, sep } from 'node:path';

import { InvalidOptionsError } from '../errors/invalid-options.error.js';

/**
 * Files below a directory of this machine, and where the server finds them.
 *
 * @publicApi
 */
export interface DirectoryRule {
  /** A directory as the application sees it: `/srv/media/`. */
  readonly sourceDir: string;
  /** The server's internal location: `/_offload/`. */
  readonly destination: string;
  /** The same directory as the server sees it, where that differs (containers, mounts). */
  readonly destinationDir?: string;
}

/**
 * Files whose `url` begins with a prefix, and where the server finds them.
 *
 * @publicApi
 */
export interface UrlRule {
  /** What the file's `url` begins with: `/media/`. */
  readonly sourceUrl: string;
  /** The server's internal location: `/_media/`. */
  readonly destination: string;
  /** The directory as the server sees it: `/mnt/media/`. */
  readonly destinationDir: string;
}

/**
 * @publicApi
 */
export type LocationRule = DirectoryRule | UrlRule;

/**
 * No server's configuration can carry a control character, and `$` begins a variable.
 *
 * @internal
 */
// eslint-disable-next-line no-control-regex
export const UNTELLABLE = /[\0-\x1f\x7f$]/;
const KNOWN = ['sourceDir', 'sourceUrl', 'destination', 'destinationDir'];
// Nothing that a server's configuration would have to quote, and no segment that it would resolve.
const LOCATION = /^\/(?:(?!\.{1,2}\/)[A-Za-z0-9._~-]+\/)+$/;

/**
 * Checks the rules of a backend whose server is told internal locations.
 *
 * @returns the rules, directories with a slash at their end
 * @throws InvalidOptionsError for a rule that is unknown, relative, lacks a slash, or overlaps another
 * @internal
 */
export function checkLocationRules(rules: unknown): LocationRule[] {
  if (!Array.isArray(rules) || rules.length === 0) {
    throw new InvalidOptionsError(
      'rules',
      rules,
      "Give at least one rule: [{ sourceDir: '/srv/media/', destination: '/_offload/' }].",
    );
  }
  const checked = rules.map((rule: unknown, index) => checkRule(rule, index));
  checked.forEach((rule, index) => {
    for (const earlier of checked.slice(0, index)) {
      refuseOverlap(rule, earlier, index);
    }
  });
  return checked;
}

/**
 * What a rule matches: a directory or a URL prefix, with a slash at its end.
 *
 * @internal
 */
export function sourceOf(rule: LocationRule): string {
  return 'sourceDir' in rule ? rule.sourceDir : rule.sourceUrl;
}

function checkRule(rule: unknown, index: number): LocationRule {
  const at = `rules[${index}]`;
  if (typeof rule !== 'object' || rule === null) {
    throw new InvalidOptionsError(at, rule, 'Give an object.');
  }
  for (const [key, value] of Object.entries(rule)) {
    if (!KNOWN.includes(key)) {
      throw new InvalidOptionsError(
        `${at}.${key}`,
        value,
        `Known are ${KNOWN.join(', ')}.`,
      );
    }
  }
  return completeRule(at, rule);
}

function completeRule(
  at: string,
  rule: Partial<Record<string, unknown>>,
): LocationRule {
  const { sourceDir, sourceUrl, destinationDir } = rule;
  if ((sourceDir === undefined) === (sourceUrl === undefined)) {
    throw new InvalidOptionsError(
      at,
      rule,
      'Give either sourceDir or sourceUrl.',
    );
  }
  const destination = checkLocation(`${at}.destination`, rule.destination);
  if (sourceDir === undefined || destinationDir !== undefined) {
    const directory = checkDirectory(`${at}.destinationDir`, destinationDir);
    return sourceDir === undefined
      ? {
          sourceUrl: checkUrlPrefix(`${at}.sourceUrl`, sourceUrl),
          destination,
          destinationDir: directory,
        }
      : {
          sourceDir: checkDirectory(`${at}.sourceDir`, sourceDir),
          destination,
          destinationDir: directory,
        };
  }
  return {
    sourceDir: checkDirectory(`${at}.sourceDir`, sourceDir),
    destination,
  };
}

function checkDirectory(option: string, value: unknown): string {
  if (
    typeof value !== 'string' ||
    !isAbsolute(value) ||
    UNTELLABLE.test(value)
  ) {
    throw new InvalidOptionsError(
      option,
      value,
      'Give the absolute path of a directory, without `$` and control characters: no server can be told those.',
    );
  }
  const path = resolve(value);
  return path.endsWith(sep) ? path : path + sep;
}

function checkLocation(option: string, value: unknown): string {
  if (typeof value === 'string' && LOCATION.test(value)) return value;
  throw new InvalidOptionsError(
    option,
    value,
    'Give an internal location that begins and ends with a slash, of A-Z a-z 0-9 . _ ~ - only: ' +
      '/_offload/. Without the slash at its end a server can be led out of the directory.',
  );
}

function checkUrlPrefix(option: string, value: unknown): string {
  if (
    typeof value === 'string' &&
    /^(?:\/|https?:\/\/)[^?#\s]*\/$|^\/$/.test(value)
  ) {
    return value;
  }
  throw new InvalidOptionsError(
    option,
    value,
    "Give what the file's url begins with, a slash at its end: /media/.",
  );
}

function refuseOverlap(
  rule: LocationRule,
  earlier: LocationRule,
  index: number,
): void {
  if (overlap(sourceOf(rule), sourceOf(earlier))) {
    throw new InvalidOptionsError(
      `rules[${index}]`,
      sourceOf(rule),
      `It overlaps with ${sourceOf(earlier)} of an earlier rule: one file would have two places.`,
    );
  }
  if (overlap(rule.destination, earlier.destination)) {
    throw new InvalidOptionsError(
      `rules[${index}].destination`,
      rule.destination,
      `It overlaps with ${earlier.destination} of an earlier rule: give each rule a location of its own.`,
    );
  }
}

function overlap(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}
