import { posix } from 'node:path';

import { quote } from '../../errors/download-errors.js';
import { problem, type LintRule, type Finding, found } from '../finding.js';
import { type Directive, directivesNamed } from '../syntax/directive.js';
import {
  has,
  inForce,
  isOffload,
  type Level,
  type Location,
} from './nginx-levels.js';

/**
 * A directory as a configuration names it, up to what only the request tells: `/srv/$1` is `/srv/`. None
 * where that is all of it.
 *
 * @internal
 */
export function knownDirectory(text: string): string | undefined {
  const [known = ''] = text.split('$', 1);
  return known === '' ? undefined : asDirectory(known);
}

/**
 * Those that are known. The root of the disk is none: everything is below it.
 *
 * @internal
 */
export function closedDirectories(
  directories: readonly (string | undefined)[],
): string[] {
  return directories.flatMap((directory) =>
    directory === undefined || directory === '/' ? [] : [directory],
  );
}

/**
 * With one slash at its end, and without `..`.
 *
 * @internal
 */
export function asDirectory(path: string): string {
  return posix.normalize(`${path}/`);
}

/**
 * Whether one of these is the other, or stands somewhere below it.
 *
 * @param one as `asDirectory` gives it
 * @param other as `asDirectory` gives it
 * @internal
 */
export function overlap(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}

/**
 * @param closing another way than to move the files
 * @param by what clients ask
 * @internal
 */
export function openDirectory(
  directory: string,
  closing: string,
  by = 'here',
): LintRule {
  return problem(
    'directory-is-open',
    `Clients can ask for files of ${quote(directory)} ${by}, past the application: it is not asked who may have them.`,
    `Keep the downloads where nothing else is served from, neither above nor below, or ${closing}.`,
  );
}

/** What answers a request instead of a file. */
const ANSWERS =
  /_pass$|^return$|^content_by_|^js_content$|^stub_status$|^empty_gif$/;
const CLOSING = 'put `internal;` into every location that serves them';

/** Where a location takes its files from. */
interface Source {
  /** Its `root` or `alias`. */
  readonly directive: Directive;
  readonly directory: string;
  /** Where that stands: the location itself, or a block around it. */
  readonly level: Level;
}

/**
 * Directories of internal locations that other locations serve, too.
 *
 * @internal
 */
export function openFindings(
  levels: readonly Level[],
  locations: readonly Location[],
): Finding[] {
  const closed = closedDirectories(
    locations
      .filter(isOffload)
      .map((location) => sourceOf(location)?.directory),
  );
  const open = [...levels.flatMap(serverItself), ...locations];
  return open.filter(servesAnybody).flatMap((location) => {
    const source = sourceOf(location);
    if (!source) return [];
    return closed
      .filter((directory) => overlap(source.directory, directory))
      .filter(
        (directory) =>
          !locations.some((other) =>
            takesOver(other, location, pathTo(directory, location, source)),
          ),
      )
      .map((directory) =>
        found(
          openDirectory(directory, CLOSING, placeOf(source)),
          source.directive,
        ),
      );
  });
}

/** What no location takes is the server's own. */
function serverItself(level: Level): Location[] {
  const { directive } = level;
  return directive?.name === 'server'
    ? [{ level, directive, modifier: '', uri: '/' }]
    : [];
}

function placeOf({ level }: Source): string {
  const { name, values } = level.directive ?? {};
  return name === 'location'
    ? `by location ${quote(values?.at(-1) ?? '')}`
    : 'here';
}

/** An exact location serves one file, a named one is not for clients. */
function servesAnybody({ level, modifier }: Location): boolean {
  const isRefused =
    inForce(level, 'deny').some(({ values }) => values[0] === 'all') &&
    inForce(level, 'allow').length === 0;
  const [asked] = inForce(level, 'auth_request');
  return (
    !['=', '@'].includes(modifier) &&
    inForce(level, 'internal').length === 0 &&
    !level.block.some(({ name }) => ANSWERS.test(name)) &&
    directivesNamed(serverOf(level)?.block ?? [], 'return').length === 0 &&
    !isRefused &&
    (asked === undefined || asked.values[0] === 'off')
  );
}

/** nginx inherits `root` and `alias` as if they were one directive. */
function sourceOf(location: Location): Source | undefined {
  let level: Level | undefined = location.level;
  while (level) {
    const directive = level.block.find(({ name }) =>
      ['root', 'alias'].includes(name),
    );
    if (directive) return sourceBy(directive, level, location);
    level = level.outer;
  }
  return undefined;
}

function sourceBy(
  directive: Directive,
  level: Level,
  location: Location,
): Source | undefined {
  const [text = ''] = directive.values;
  const known = knownDirectory(text);
  if (known === undefined) return undefined;
  const isWhole = directive.name === 'alias' || text.includes('$');
  const directory = isWhole
    ? known
    : asDirectory(known + beginningOf(location));
  return { directive, directory, level };
}

/** The path that all requests for a location begin with, as far as it is known. */
function beginningOf({ modifier, uri }: Location): string {
  if (!modifier.startsWith('~')) return uri;
  // An alternative within parentheses changes nothing ahead of them.
  if (uri.replace(/\([^()]*\)/g, '').includes('|')) return '/';
  return /^\^((?:\/[\w-]+)*\/)/.exec(uri)?.[1] ?? '/';
}

/** What a client asks for to get what a directory holds. */
function pathTo(directory: string, location: Location, source: Source): string {
  const below = directory.slice(source.directory.length);
  return asDirectory(beginningOf(location)) + below;
}

/** Whether nginx chooses another location of the server for a path: the longest does, ahead of patterns by `^~`. */
function takesOver(other: Location, location: Location, path: string): boolean {
  const isPattern = location.modifier.startsWith('~');
  return (
    serverOf(other.level) === serverOf(location.level) &&
    (isPattern ? ['^~'] : ['', '^~']).includes(other.modifier) &&
    (other.uri.length > beginningOf(location).length ||
      isFallback(location, other)) &&
    path.startsWith(other.uri)
  );
}

/** Whatever a location takes the server itself does not get. */
function isFallback({ directive }: Location, other: Location): boolean {
  return directive.name === 'server' && other.directive.name === 'location';
}

/** What only hidden files have in their names: those are not offloaded. */
const FOR_HIDDEN = /^(?:\(\^\|\/\)|\/)\\\./;

/**
 * Internal locations whose files patterns beside them take, ahead of them.
 *
 * @internal
 */
export function patternFindings(locations: readonly Location[]): Finding[] {
  const patterns = locations.filter(
    ({ modifier, uri }) => modifier.startsWith('~') && !FOR_HIDDEN.test(uri),
  );
  return locations
    .filter(
      (location) =>
        location.modifier === '' &&
        (isOffload(location) ||
          (has(location, 'internal') && has(location, 'proxy_pass'))),
    )
    .filter((location) =>
      patterns.some(
        (pattern) =>
          pattern.level.outer === location.level.outer &&
          mayBegin(beginningOf(pattern), location.uri),
      ),
    )
    .map(({ directive, uri }) => found(patternFirst(uri), directive));
}

function mayBegin(pattern: string, uri: string): boolean {
  return pattern.startsWith(uri) || uri.startsWith(pattern);
}

function patternFirst(uri: string): LintRule {
  return problem(
    'pattern-first',
    'A location with a pattern takes what it matches ahead of this one: the client gets an answer of that location, or 404, in place of such a file.',
    `Write ${quote(`location ^~ ${uri} {`)}, as \`npx nestjs-downloadview config nginx\` prints it.`,
  );
}

function serverOf(level: Level | undefined): Level | undefined {
  return !level || level.directive?.name === 'server'
    ? level
    : serverOf(level.outer);
}
