import { isAbsolute, parse, resolve, sep } from 'node:path';

import {
  CHECKED_ELSEWHERE,
  checkOptions,
  type OptionCheck,
} from '../errors/check-options.js';
import { InvalidOptionsError } from '../errors/download-errors.js';
import { type DownloadBackend } from '../responses/download-backend.js';
import { type ResponseHeaders } from '../responses/response-headers.js';
import { isNormal } from '../storages/local-disk.js';

/**
 * Files below a directory of this machine, for a server that is told paths.
 *
 * @publicApi
 */
export interface DirectoryPathRule {
  /** A directory as the application sees it: `/srv/media/`. */
  readonly sourceDir: string;
  /** The same directory as the server sees it, where that differs (containers, mounts). */
  readonly destinationDir?: string;
}

/**
 * Files whose `url` begins with a prefix, for a server that is told paths.
 *
 * @publicApi
 */
export interface UrlPathRule {
  /** What the file's `url` begins with: `/media/`. */
  readonly sourceUrl: string;
  /** The directory as the server sees it: `/mnt/media/`. */
  readonly destinationDir: string;
}

/**
 * Which files a server can reach that is told their paths: Apache, lighttpd.
 *
 * @publicApi
 */
export type PathRule = DirectoryPathRule | UrlPathRule;

/**
 * Files below a directory of this machine, and where the server finds them.
 *
 * @publicApi
 */
export interface DirectoryRule extends DirectoryPathRule {
  /** The server's internal location: `/_offload/`. */
  readonly destination: string;
}

/**
 * Files whose `url` begins with a prefix, and where the server finds them.
 *
 * @publicApi
 */
export interface UrlRule extends UrlPathRule {
  /** The server's internal location: `/_media/`. */
  readonly destination: string;
}

/**
 * Which files a server can reach that is told internal locations: nginx, Caddy.
 *
 * @publicApi
 */
export type LocationRule = DirectoryRule | UrlRule;

/**
 * What a rule matches: a directory or a URL prefix, with a slash at its end.
 *
 * @internal
 */
export function sourceOf(rule: PathRule): string {
  return 'sourceDir' in rule ? rule.sourceDir : rule.sourceUrl;
}

/**
 * The directory of a rule as the server sees it, with a slash at its end.
 *
 * @internal
 */
export function directoryOf(rule: PathRule): string {
  return 'sourceDir' in rule
    ? (rule.destinationDir ?? rule.sourceDir)
    : rule.destinationDir;
}

/**
 * A second location of a rule: `/_offload-tagged/` beside `/_offload/`.
 *
 * @internal
 */
export function besideLocation(destination: string, what: string): string {
  return destination.replace(/\/$/, `-${what}/`);
}

/**
 * The location of a rule that sends no ranges: `/_offload-whole/` beside `/_offload/`.
 *
 * @internal
 */
export function wholeLocation(destination: string): string {
  return besideLocation(destination, 'whole');
}

/**
 * No server's configuration can carry a control character, and `$` begins a variable.
 *
 * @internal
 */
// eslint-disable-next-line no-control-regex
export const UNTELLABLE = /[\0-\x1f\x7f$]/;
// Nothing that a server's configuration would have to quote, and no segment that it would resolve.
const LOCATION = /^\/(?:(?!\.{1,2}\/)[A-Za-z0-9._~-]+\/)+$/;

/**
 * @returns the resolved path, with a slash at its end
 * @throws InvalidOptionsError for what is no absolute path in its normal form, is all of the disk, or cannot stand in a
 *   configuration
 * @internal
 */
export function checkDirectory(option: string, value: unknown): string {
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
  if (path === parse(path).root || !isNormal(value)) {
    throw new InvalidOptionsError(
      option,
      value,
      'Give a directory below the root of the disk, in its normal form, without `..`, `.` and double slashes.',
    );
  }
  return path + sep;
}

/**
 * @throws InvalidOptionsError for what is no internal location with a slash at its end
 * @internal
 */
export function checkLocation(option: string, value: unknown): string {
  if (typeof value === 'string' && LOCATION.test(value)) return value;
  throw new InvalidOptionsError(
    option,
    value,
    'Give an internal location that begins and ends with a slash, of A-Z a-z 0-9 . _ ~ - only: ' +
      '/_offload/. Without the slash at its end a server can be led out of the directory.',
  );
}

/**
 * @throws InvalidOptionsError for what no file's `url` begins with, or lacks the slash at its end
 * @internal
 */
export function checkUrlPrefix(option: string, value: unknown): string {
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

/**
 * How a place is written in an offload header: as the bytes of its name, for a server that decodes
 * nothing, or with every byte percent-encoded but unreserved ones, for a server that decodes once.
 *
 * @publicApi
 */
export type PathEncoding = 'raw' | 'percent';

/**
 * What one web server makes of an offloaded answer. Servers differ in these values and in nothing else.
 *
 * @internal
 */
export interface ServerProfile<Rule extends PathRule> extends Pick<
  DownloadBackend,
  'name' | 'conditions' | 'mostRanges' | 'validators' | 'losesHeader'
> {
  readonly offloadHeader: 'X-Accel-Redirect' | 'X-Sendfile';
  /** What the server is told of a rule: its directory, or its internal location. */
  readonly destinationOf: (rule: Rule) => string;
  /** How a place is written in the header. */
  readonly pathEncoding: PathEncoding;
  /** What no place may hold: the server would find another file, or none. */
  readonly untellable?: RegExp;
  /** How it is told to send a file without a look at Range; not there where it cannot be. */
  readonly whole?: {
    /** In place of `destinationOf`. */
    readonly destinationOf?: (rule: Rule) => string;
    /** Beside the other headers. */
    readonly headers?: ResponseHeaders;
  };
  /** Whether it opens a file that is reached over a symbolic link; true by default. */
  readonly followsLinks?: boolean;
  /**
   * Whether it opens a link that was put in the place of a file after the application has looked, and no
   * configuration keeps it from that; false by default.
   */
  readonly followsLateLinks?: boolean;
  /** Whether it sends at this rate, in bytes a second; by default it knows no limit but false. */
  readonly keepsTo?: (limitRate: number | false) => boolean;
  /** Whether it passes Content-Encoding on; otherwise the client would save a broken file. */
  readonly keepsCoding: boolean;
}

type Unchecked = Partial<Record<string, unknown>>;

const PATH_OPTIONS: Readonly<Record<string, OptionCheck>> = {
  sourceDir: CHECKED_ELSEWHERE,
  sourceUrl: CHECKED_ELSEWHERE,
  destinationDir: CHECKED_ELSEWHERE,
};
const LOCATION_OPTIONS = { ...PATH_OPTIONS, destination: CHECKED_ELSEWHERE };

/**
 * Checks the rules of a backend whose server is told paths.
 *
 * @returns the rules, directories with a slash at their end
 * @throws InvalidOptionsError for a rule that is unknown, relative, lacks a slash, or overlaps another
 * @internal
 */
export function checkPathRules(rules: unknown): PathRule[] {
  const checked = listOf(rules, "{ sourceDir: '/srv/media/' }").map(
    (rule, index) =>
      pathRule(`rules[${index}]`, objectOf(rule, index, PATH_OPTIONS)),
  );
  refuseOverlaps(checked);
  return checked;
}

/**
 * Checks the rules of a backend whose server is told internal locations.
 *
 * @param further options that such a rule may have beside its place
 * @returns the rules, directories with a slash at their end
 * @throws InvalidOptionsError for a rule that is unknown, relative, lacks a slash, or overlaps another
 * @internal
 */
export function checkLocationRules(
  rules: unknown,
  further: Readonly<Record<string, OptionCheck>> = {},
): LocationRule[] {
  const checked = listOf(
    rules,
    "{ sourceDir: '/srv/media/', destination: '/_offload/' }",
  ).map((value, index): LocationRule => {
    const at = `rules[${index}]`;
    const rule = objectOf(value, index, { ...LOCATION_OPTIONS, ...further });
    return {
      ...pathRule(at, rule),
      destination: checkLocation(`${at}.destination`, rule.destination),
    };
  });
  refuseOverlaps(checked);
  refuseSharedLocations(checked);
  return checked;
}

function listOf(rules: unknown, example: string): readonly unknown[] {
  if (Array.isArray(rules) && rules.length > 0) return rules;
  throw new InvalidOptionsError(
    'rules',
    rules,
    `Give at least one rule: [${example}].`,
  );
}

function objectOf(
  rule: unknown,
  index: number,
  checks: Readonly<Record<string, OptionCheck>>,
): Unchecked {
  checkOptions(`rules[${index}]`, rule, checks, { example: 'an object' });
  return rule;
}

function pathRule(at: string, rule: Unchecked): PathRule {
  const { sourceDir, sourceUrl, destinationDir } = rule;
  if ((sourceDir === undefined) === (sourceUrl === undefined)) {
    throw new InvalidOptionsError(
      at,
      rule,
      'Give either sourceDir or sourceUrl.',
    );
  }
  const directory = (): string =>
    checkDirectory(`${at}.destinationDir`, destinationDir);
  if (sourceUrl !== undefined) {
    return {
      sourceUrl: checkUrlPrefix(`${at}.sourceUrl`, sourceUrl),
      destinationDir: directory(),
    };
  }
  return {
    sourceDir: checkDirectory(`${at}.sourceDir`, sourceDir),
    ...(destinationDir !== undefined && { destinationDir: directory() }),
  };
}

function refuseOverlaps(rules: readonly PathRule[]): void {
  forPairs(rules, (rule, earlier, at) => {
    if (!overlap(sourceOf(rule), sourceOf(earlier))) return;
    throw new InvalidOptionsError(
      at,
      sourceOf(rule),
      `It overlaps with ${sourceOf(earlier)} of an earlier rule: one file would have two places.`,
    );
  });
}

function refuseSharedLocations(rules: readonly LocationRule[]): void {
  forPairs(rules, ({ destination }, earlier, at) => {
    if (!overlap(destination, earlier.destination)) return;
    throw new InvalidOptionsError(
      `${at}.destination`,
      destination,
      `It overlaps with ${earlier.destination} of an earlier rule: give each rule a location of its own.`,
    );
  });
}

function forPairs<Rule>(
  rules: readonly Rule[],
  check: (rule: Rule, earlier: Rule, at: string) => void,
): void {
  rules.forEach((rule, index) => {
    for (const earlier of rules.slice(0, index)) {
      check(rule, earlier, `rules[${index}]`);
    }
  });
}

function overlap(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}
