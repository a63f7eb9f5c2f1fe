import { realpath } from 'node:fs/promises';
import { resolve, sep } from 'node:path';

import { quote } from '../errors/download-errors.js';
import {
  type DownloadBackend,
  type DownloadPlace,
  type DownloadSource,
} from '../responses/download-backend.js';
import { offloadLocation } from './locate.js';
import { type PathRule, sourceOf, type ServerProfile } from './rules.js';

/**
 * Rules that this machine, or this server, makes nothing of.
 *
 * @internal
 */
export async function ruleWarnings<Rule extends PathRule>(
  profile: ServerProfile<Rule>,
  rules: readonly Rule[],
): Promise<readonly string[]> {
  const warnings = await Promise.all(
    rules.map((rule) => warningOf(profile, rule)),
  );
  return warnings.filter((warning) => warning !== undefined);
}

async function warningOf<Rule extends PathRule>(
  profile: ServerProfile<Rule>,
  rule: Rule,
): Promise<string | undefined> {
  const place = profile.destinationOf(rule);
  if (offloadLocation(place, ['a'], profile) === undefined) {
    return (
      `${profile.name} cannot be told ${quote(place)} with pathEncoding '${profile.pathEncoding}': ` +
      `the application sends the files of ${quote(sourceOf(rule))} itself. Give the directory another name.`
    );
  }
  if (!('sourceDir' in rule)) return undefined;
  const { sourceDir, destinationDir } = rule;
  try {
    const isLinked = (await realpath(sourceDir)) !== resolve(sourceDir);
    if (!isLinked || profile.followsLinks !== false) return undefined;
    if (destinationDir !== undefined) return undefined;
    return (
      `sourceDir ${quote(sourceDir)} leads over a symbolic link, and ${profile.name} follows none: the ` +
      'application sends its files itself. Give the directory that it leads to as destinationDir.'
    );
  } catch {
    return (
      `sourceDir ${quote(sourceDir)} of a rule of ${profile.name} does not exist or cannot be entered: ` +
      'no file of it is offloaded. Create it, or correct the rule.'
    );
  }
}

/**
 * Said where files are handed out: what no configuration of this server can close.
 *
 * @internal
 */
export function linkWarnings<Rule extends PathRule>(
  { name, followsLateLinks = false }: ServerProfile<Rule>,
  rules: readonly Rule[],
): readonly string[] {
  const local = rules.filter((rule) => 'sourceDir' in rule);
  if (!followsLateLinks || local.length === 0) return [];
  const directories = local.map((rule) => quote(sourceOf(rule))).join(', ');
  return [
    `${name} follows a symbolic link that takes the place of a file after the application has looked. Let nobody ` +
      `but the application write to ${directories}, or have nginx or lighttpd in front: they follow none.`,
  ];
}

const STREAMED = 'the application sends its files itself.';
const ON_PURPOSE =
  'Where that is meant, say so: give the controller the backend stream().';

type Server<Rule extends PathRule> = Pick<
  ServerProfile<Rule>,
  'name' | 'keepsCoding' | 'losesHeader'
>;

/**
 * What controllers hand out, and this server cannot be told to send.
 *
 * @internal
 */
export async function sourceWarnings<Rule extends PathRule>(
  server: Server<Rule>,
  rules: readonly Rule[],
  sources: readonly DownloadSource[],
): Promise<readonly string[]> {
  const warnings = await Promise.all(
    sources.map(async (source) => [
      await sourceWarningOf(server, rules, source),
      ...headerWarnings(server, source),
    ]),
  );
  return warnings.flat().filter((warning) => warning !== undefined);
}

/**
 * Headers that a controller gives all its answers, and that do not reach clients.
 *
 * @internal
 */
export function headerWarnings(
  { name, losesHeader }: Pick<DownloadBackend, 'name' | 'losesHeader'>,
  { owner, headers = [] }: DownloadSource,
): string[] {
  // A file with a coding is streamed, and has all of its headers.
  const lost = headers.filter(
    (header) =>
      header.toLowerCase() !== 'content-encoding' && losesHeader?.(header),
  );
  if (lost.length === 0) return [];
  const names = lost.map((header) => quote(header)).join(', ');
  const remedy =
    name === 'nginx'
      ? `Name them in nginx({ headers: [${names}] }), and print the configuration of nginx again. `
      : '';
  return [
    `${owner} has the headers ${names}, which do not reach clients where ${name} sends the file. ${remedy}${ON_PURPOSE}`,
  ];
}

async function sourceWarningOf<Rule extends PathRule>(
  { name, keepsCoding }: Server<Rule>,
  rules: readonly Rule[],
  { owner, place, encoding }: DownloadSource,
): Promise<string | undefined> {
  if (encoding !== undefined && !keepsCoding) {
    return codingWarning(name, owner, encoding);
  }
  if (!place || (await isCovered(place, rules))) return undefined;
  const { directory, url } = place;
  if (directory !== undefined) {
    return (
      `${owner} hands out files of ${quote(directory)}, which no rule of ${name} holds: ${STREAMED} ` +
      `Add a rule whose sourceDir is this directory. ${ON_PURPOSE}`
    );
  }
  if (place.isRemote) return remoteWarning(name, owner);
  if (url !== undefined) {
    return (
      `${owner} hands out files whose url begins with ${quote(url)}, which no rule of ${name} holds: ` +
      `${STREAMED} Add a rule whose sourceUrl is this. ${ON_PURPOSE}`
    );
  }
  return (
    `${owner} hands out files of a storage that has neither path(key) nor url(key), and ${name} can be ` +
    `told no others: ${STREAMED} ${ON_PURPOSE}`
  );
}

/**
 * @internal
 */
export function codingWarning(
  name: string,
  owner: string,
  encoding: string,
): string {
  return (
    `${owner} has the encoding ${quote(encoding)}, which gets lost with ${name}: ${STREAMED} ` +
    `Keep files without a content coding, or have lighttpd in front. ${ON_PURPOSE}`
  );
}

function remoteWarning(name: string, owner: string): string {
  const remedy =
    name === 'nginx'
      ? 'Name their hosts in nginx({ remote: { hosts } }). '
      : '';
  return `${owner} hands out files of other servers, which ${name} does not fetch: ${STREAMED} ${remedy}${ON_PURPOSE}`;
}

/** A part is enough: which file is asked for, only the request says. */
async function isCovered(
  { directory, url, isRemote }: DownloadPlace,
  rules: readonly PathRule[],
): Promise<boolean> {
  const own = directory === undefined ? undefined : await resolved(directory);
  for (const rule of rules) {
    if ('sourceUrl' in rule) {
      const { sourceUrl } = rule;
      if (url !== undefined && overlap(url, sourceUrl)) return true;
      if (url === undefined && isRemote && sourceUrl.startsWith('http')) {
        return true;
      }
    } else if (own !== undefined) {
      if (overlap(own, await resolved(rule.sourceDir))) return true;
    }
  }
  return false;
}

function overlap(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}

async function resolved(directory: string): Promise<string> {
  const path = await realpath(directory).catch(() => resolve(directory));
  return path.endsWith(sep) ? path : path + sep;
}
