import { realpathSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';

import { type DownloadFile } from '../files/download-file.js';
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
 * @internal
 */
export async function locate<Rule extends PathRule>(
  file: DownloadFile,
  rules: readonly Rule[],
): Promise<FoundFile<Rule> | undefined> {
  const path = file.path === undefined ? undefined : await resolved(file.path);
  for (const rule of rules) {
    if ('sourceDir' in rule) {
      const root = path && (await rootOf(rule.sourceDir, path));
      if (!root) continue;
      const isLinked =
        rule.destinationDir === undefined && root !== resolve(rule.sourceDir);
      return { rule, segments: segmentsBelow(root, path), isLinked };
    }
    const segments = segmentsOfUrl(rule.sourceUrl, file.sourceUrl ?? file.url);
    if (!segments || (await leadsElsewhere(file.path, segments))) continue;
    return { rule, segments, isLinked: false };
  }
  return undefined;
}

/** The directory without links, where it holds a path that has none. */
async function rootOf(
  directory: string,
  path: string,
): Promise<string | undefined> {
  const given = resolve(directory);
  // No link leads to a path that is part of one without any.
  if (isBelow(given, path)) return given;
  const root = await resolved(given);
  return root !== undefined && isBelow(root, path) ? root : undefined;
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

function encodeSegment(segment: string): string {
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

/** The server follows no links below its directory, and a URL does not say where they lead to. */
async function leadsElsewhere(
  path: string | undefined,
  segments: readonly string[],
): Promise<boolean> {
  const tail = join(sep, ...segments);
  if (!path?.endsWith(tail)) return false;
  const root = await resolved(path.slice(0, -tail.length) || sep);
  return root === undefined || (await resolved(path)) !== join(root, tail);
}

function isPlain(segment: string): boolean {
  return !/^\.{0,2}$|[/\0]/.test(segment);
}

/** A name that is not UTF-8 cannot be told to the server: decoded, it is another name. */
async function resolved(path: string): Promise<string | undefined> {
  try {
    const bytes = await diskPace.call(
      () => realpathSync.native(path, AS_BYTES),
      () => realpath(path, AS_BYTES),
    );
    const text = bytes.toString();
    return bytes.equals(Buffer.from(text)) ? text : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The value of the offload header, or undefined where this server cannot be told the place.
 *
 * @param place where the files of the rule begin, with a slash at its end
 * @param segments the path below
 * @internal
 */
export function toldPlace(
  place: string,
  segments: readonly string[],
  {
    pathEncoding,
    untellable,
  }: Pick<ServerProfile<PathRule>, 'pathEncoding' | 'untellable'>,
): string | undefined {
  const text = place + segments.join('/');
  if (untellable?.test(text)) return undefined;
  // Node writes headers as Latin-1, which makes each of these characters one byte again.
  if (pathEncoding === 'raw') return Buffer.from(text).toString('latin1');
  const all = [...place.split('/').slice(1, -1), ...segments];
  return encodedLocation('/', all);
}
