import { InvalidOptionsError } from '../errors/download-errors.js';
import {
  checkDirectory,
  checkLocation,
  checkUrlPrefix,
} from './rule-values.js';
import { type LocationRule, type PathRule, sourceOf } from './rules.js';

type Unchecked = Partial<Record<string, unknown>>;

const PATH_OPTIONS = ['sourceDir', 'sourceUrl', 'destinationDir'];
const LOCATION_OPTIONS = [
  'sourceDir',
  'sourceUrl',
  'destination',
  'destinationDir',
];

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
 * @param further options that such a rule may have, and that are not checked here
 * @returns the rules, directories with a slash at their end
 * @throws InvalidOptionsError for a rule that is unknown, relative, lacks a slash, or overlaps another
 * @internal
 */
export function checkLocationRules(
  rules: unknown,
  further: readonly string[] = [],
): LocationRule[] {
  const checked = listOf(
    rules,
    "{ sourceDir: '/srv/media/', destination: '/_offload/' }",
  ).map((value, index): LocationRule => {
    const at = `rules[${index}]`;
    const rule = objectOf(value, index, [...LOCATION_OPTIONS, ...further]);
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
  known: readonly string[],
): Unchecked {
  const at = `rules[${index}]`;
  if (typeof rule !== 'object' || rule === null) {
    throw new InvalidOptionsError(at, rule, 'Give an object.');
  }
  for (const [key, value] of Object.entries(rule)) {
    if (!known.includes(key)) {
      throw new InvalidOptionsError(
        `${at}.${key}`,
        value,
        `Known are ${known.join(', ')}.`,
      );
    }
  }
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
