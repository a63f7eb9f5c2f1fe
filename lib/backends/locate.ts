import { realpathSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';

import { type DownloadFile } from '../files/download-file.js';
import { memoized } from '../http/memoized.js';
import { andThen, type Awaitable, orElse } from '../storages/awaitable.js';
import { diskPace, isBelow } from '../storages/local-disk.js';
import { type PathRule, type ServerProfile } from './rules.js';

const AS_BYTES = { encoding: 'buffer' } as const;

/**
 * Where a rule finds a file: the segments of its path below the rule's source, decoded.
 *
 * @internal
 */
export interface FoundFile<Rule> {
  readonly rule: Rule;
  readonly segments: readonly string[];
  /** Whether the server is told a directory that is itself reached over a symbolic link. */
  readonly isLinked: boolean;
}

/**
 * The rule that holds the file. A local path counts as what it is after all links, and matches by
 * whole segments: `/srv/media` never holds `/srv/media-private/a`.
 *
 * @param location where the file was found to lie, links followed, when it was checked. What a server is
 *   told comes from there: the path may lead to another file by now. So a file that holds itself open, and
 *   has lost its place since, has none; of others the path is resolved.
 * @internal
 */
export function locate<Rule extends PathRule>(
  file: DownloadFile,
  rules: readonly Rule[],
  location?: string,
): Awaitable<FoundFile<Rule> | undefined> {
  const path = location ?? (file.hold ? undefined : resolvedPath(file));
  return andThen(path, (known) => firstOf(rules, file, known));
}

function resolvedPath({ path }: DownloadFile): Awaitable<string | undefined> {
  return path === undefined ? undefined : resolved(path);
}

/** @param path where the file lies, links followed */
function firstOf<Rule extends PathRule>(
  [rule, ...others]: readonly Rule[],
  file: DownloadFile,
  path: string | undefined,
): Awaitable<FoundFile<Rule> | undefined> {
  if (rule === undefined) return undefined;
  return andThen(
    foundBy(rule, file, path),
    (found) => found ?? firstOf(others, file, path),
  );
}

function foundBy<Rule extends PathRule>(
  rule: Rule,
  file: DownloadFile,
  path: string | undefined,
): Awaitable<FoundFile<Rule> | undefined> {
  if ('sourceDir' in rule) {
    if (path === undefined) return undefined;
    const given = absolute(rule.sourceDir);
    return andThen(rootOf(given, path), (root) => {
      if (root === undefined) return undefined;
      const isLinked = rule.destinationDir === undefined && root !== given;
      return { rule, segments: segmentsBelow(root, path), isLinked };
    });
  }
  const segments = segmentsOfUrl(rule.sourceUrl, file.sourceUrl ?? file.url);
  if (!segments) return undefined;
  return andThen(leadsElsewhere(file.path, path, segments), (isElsewhere) =>
    isElsewhere ? undefined : { rule, segments, isLinked: false },
  );
}

/**
 * Whether a rule is the one for a file wherever links lead by now: it comes first, and holds the place as it is
 * written.
 *
 * @param location where the file lies, links followed
 * @internal
 */
export function isFirst(
  rule: PathRule,
  [first]: readonly PathRule[],
  location: string | undefined,
): location is string {
  return (
    rule === first &&
    'sourceDir' in rule &&
    location !== undefined &&
    isBelow(absolute(rule.sourceDir), location)
  );
}

const absolute = memoized((directory) => resolve(directory));

/** The directory without links, where it holds a path that has none. */
function rootOf(given: string, path: string): Awaitable<string | undefined> {
  // No link leads to a path that is part of one without any.
  if (isBelow(given, path)) return given;
  return andThen(resolved(given), (root) =>
    root !== undefined && isBelow(root, path) ? root : undefined,
  );
}

/**
 * The internal URI of a file: every byte percent-encoded but unreserved ones (RFC 3986 2.3), segment by
 * segment, for a server that decodes once.
 *
 * @internal
 */
export function encodedLocation(
  destination: string,
  segments: readonly string[],
): string {
  return destination + segments.map(encodeSegment).join('/');
}

const UNRESERVED = /^[\w.~-]+$/;

function encodeSegment(segment: string): string {
  if (UNRESERVED.test(segment)) return segment;
  return encodeURIComponent(segment).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function segmentsBelow(root: string, path: string): string[] {
  return path
    .slice(root.length)
    .split(sep)
    .filter((segment) => segment !== '');
}

function segmentsOfUrl(
  prefix: string,
  url: string | undefined,
): string[] | undefined {
  if (!url?.startsWith(prefix) || /[?#]/.test(url)) return undefined;
  try {
    const segments = url
      .slice(prefix.length)
      .split('/')
      .map(decodeURIComponent);
    return segments.every(isPlain) ? segments : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The server follows no links below its directory, and a URL does not say where they lead to.
 *
 * @param location where the file lies, links followed
 */
function leadsElsewhere(
  path: string | undefined,
  location: string | undefined,
  segments: readonly string[],
): Awaitable<boolean> {
  const tail = join(sep, ...segments);
  if (!path?.endsWith(tail) || path === location) return false;
  return andThen(
    resolved(path.slice(0, -tail.length) || sep),
    (root) => root === undefined || location !== join(root, tail),
  );
}

function isPlain(segment: string): boolean {
  return !/^\.{0,2}$|[/\0]/.test(segment);
}

/** A name that is not UTF-8 cannot be told to the server: decoded, it is another name. */
function resolved(path: string): Awaitable<string | undefined> {
  return orElse<string | undefined>(
    () =>
      andThen(
        diskPace.call(
          () => realpathSync.native(path, AS_BYTES),
          () => realpath(path, AS_BYTES),
        ),
        (bytes) => {
          const text = bytes.toString();
          return bytes.equals(Buffer.from(text)) ? text : undefined;
        },
      ),
    () => undefined,
  );
}

/**
 * The value of the offload header, or undefined where this server cannot be told the place.
 *
 * @param destination where the files of the rule begin, with a slash at its end
 * @param segments the path below
 * @internal
 */
export function offloadLocation(
  destination: string,
  segments: readonly string[],
  {
    pathEncoding,
    untellable,
  }: Pick<ServerProfile<PathRule>, 'pathEncoding' | 'untellable'>,
): string | undefined {
  const text = destination + segments.join('/');
  if (untellable?.test(text)) return undefined;
  // Node writes headers as Latin-1, which makes each of these characters one byte again.
  if (pathEncoding === 'raw') return Buffer.from(text).toString('latin1');
  return encodedLocation(encodedDestination(destination), segments);
}

const encodedDestination = memoized((destination) => {
  const segments = destination.split('/').slice(1, -1);
  return segments.length === 0 ? '/' : `${encodedLocation('/', segments)}/`;
});
