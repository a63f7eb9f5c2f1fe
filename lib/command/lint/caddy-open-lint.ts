import { type Finding, found } from '../finding.js';
import { type Directive, directivesNamed } from '../syntax/directive.js';
import {
  asDirectory,
  closedDirectories,
  openDirectory,
  overlap,
} from './nginx-open-lint.js';

const CLOSING =
  'let the file_server of handle_response be the only one that reaches them';

/** A block, what opens it, and the blocks around it. */
interface Level {
  readonly directive?: Directive;
  readonly block: readonly Directive[];
  readonly outer?: Level;
}

/** A file_server, and the block that it stands in. */
interface FileServer {
  readonly directive: Directive;
  readonly level: Level;
}

/**
 * Directories of handle_response that others can have files of, too.
 *
 * @param sites what stands in each site
 * @internal
 */
export function openFindings(
  sites: readonly (readonly Directive[])[],
): Finding[] {
  const servers = sites.flatMap((block) => fileServersIn({ block }));
  const closed = closedDirectories(
    servers.filter(isOffloading).flatMap((server) => rootsOf(server)),
  );
  return servers
    .filter((server) => !isWithin(server, /^handle_(?:response|errors)$/))
    .filter(({ level }) => !isGuarded(level))
    .flatMap((server) =>
      [...new Set(closed)]
        .filter((directory) => serves(server, directory))
        .map((directory) =>
          found(openDirectory(directory, CLOSING), server.directive),
        ),
    );
}

function fileServersIn(level: Level): FileServer[] {
  return level.block.flatMap((directive) => [
    ...(directive.name === 'file_server' ? [{ directive, level }] : []),
    ...(directive.block
      ? fileServersIn({ directive, block: directive.block, outer: level })
      : []),
  ]);
}

function isOffloading(server: FileServer): boolean {
  return isWithin(server, /^handle_response$/);
}

function isWithin({ level }: FileServer, name: RegExp): boolean {
  return levelsFrom(level).some(
    ({ directive }) => directive && name.test(directive.name),
  );
}

/** The block, and those around it. */
function levelsFrom(level: Level): Level[] {
  return [level, ...(level.outer ? levelsFrom(level.outer) : [])];
}

/** Asked for a password, or for the application's word, before anything is sent. */
function isGuarded(level: Level): boolean {
  return levelsFrom(level).some(({ block }) =>
    block.some(
      (directive) =>
        /^(?:basic_?auth|forward_auth)$/.test(directive.name) &&
        matcherOf(directive) === '*',
    ),
  );
}

/** Where it takes files from: its own `root`, else that of the nearest block that has one for all paths. */
function rootsOf({ directive, level }: FileServer): (string | undefined)[] {
  const own = directivesNamed(directive.block ?? [], 'root');
  if (own.length > 0) return own.map(directoryOf);
  const roots: Directive[] = [];
  for (const { block } of levelsFrom(level)) {
    const here = directivesNamed(block, 'root');
    roots.push(...here);
    if (here.some((root) => matcherOf(root) === '*')) break;
  }
  return roots.map(directoryOf);
}

/** Up to what only the request or the environment tells. */
function directoryOf({ values }: Directive): string | undefined {
  const [known = ''] = (values.at(-1) ?? '').split('{', 1);
  return known === '' ? undefined : asDirectory(known);
}

function serves(server: FileServer, directory: string): boolean {
  return rootsOf(server).some((root) => {
    if (root === undefined || !overlap(root, directory)) return false;
    return pathsTo(server, root, directory).some(
      (path) => !isTakenBefore(server, path),
    );
  });
}

/** What clients ask for to get what a directory holds. */
function pathsTo(
  { directive, level }: FileServer,
  root: string,
  directory: string,
): string[] {
  const levels = levelsFrom(level);
  const outer = levels.flatMap((one) =>
    one.directive && /^(?:handle|handle_path|route)$/.test(one.directive.name)
      ? [{ directive: one.directive, scope: one }]
      : [],
  );
  const asked = [{ directive, scope: level }, ...outer].map((one) => ({
    name: one.directive.name,
    beginnings: beginningsOf(one.directive, one.scope),
  }));
  const below = directory.startsWith(root) ? directory.slice(root.length) : '';
  // Behind handle_path, and where the path is written anew, files are found by what is left of it.
  const isWhole =
    asked.some(({ name }) => name === 'handle_path') ||
    levels.some(({ block }) => block.some(({ name }) => REWRITES.test(name)));
  const shortest = asked.reduce<string[]>(
    (inner, { beginnings }) =>
      inner.flatMap((one) =>
        beginnings.flatMap((other) =>
          overlap(one, other) ? [one.length > other.length ? one : other] : [],
        ),
      ),
    ['/'],
  );
  if (isWhole) return shortest.map((beginning) => beginning + below);
  return shortest.flatMap((beginning) => {
    const path = `/${below}`;
    return overlap(beginning, path)
      ? [beginning.length > path.length ? beginning : path]
      : [];
  });
}

const REWRITES = /^(?:rewrite|uri|try_files)$/;

/** By which directives of a block Caddy answers, the first one first (its own order). */
const ORDER = [
  'redir',
  'handle',
  'route',
  'abort',
  'error',
  'respond',
  'reverse_proxy',
  'php_fastcgi',
  'file_server',
];

function orderOf({ name }: Directive): number {
  return ORDER.indexOf(name === 'handle_path' ? 'handle' : name);
}

/** Whether something else answers for a path, beside the file_server or beside a block around it. */
function isTakenBefore(
  { directive, level }: FileServer,
  path: string,
): boolean {
  return levelsFrom(level).some((one, depth, levels) => {
    const own = depth === 0 ? directive : levels[depth - 1]?.directive;
    if (!own) return false;
    return one.block.some(
      (other) =>
        other !== own &&
        comesBefore(other, own, one) &&
        beginningsOf(other, one).some((beginning) =>
          path.startsWith(beginning),
        ),
    );
  });
}

function comesBefore(other: Directive, own: Directive, level: Level): boolean {
  if (orderOf(other) < 0) return false;
  if (level.directive?.name === 'route') {
    return level.block.indexOf(other) < level.block.indexOf(own);
  }
  if (orderOf(other) !== orderOf(own)) return orderOf(other) < orderOf(own);
  // A longer path goes first.
  const lengthOf = (one: Directive): number => matcherOf(one).length;
  return lengthOf(other) > lengthOf(own);
}

/** What a directive is for; `root /srv` alone is for all paths. */
function matcherOf({ name, values: [first = '', second] }: Directive): string {
  const isValue = /^(?:root|redir)$/.test(name) && second === undefined;
  return /^[/@]/.test(first) && !isValue ? first : '*';
}

/** What all paths begin with that a directive is for; nothing where it is for single files. */
function beginningsOf(directive: Directive, level: Level): string[] {
  const matcher = matcherOf(directive);
  const patterns = matcher.startsWith('@')
    ? pathsOfMatcher(matcher, level)
    : [matcher];
  return patterns.flatMap((pattern) => {
    const star = pattern.indexOf('*');
    if (star < 0) return [];
    const known = pattern.slice(0, star);
    return [known.slice(0, known.lastIndexOf('/') + 1) || '/'];
  });
}

function pathsOfMatcher(name: string, level: Level): readonly string[] {
  const definitions = levelsFrom(level)
    .flatMap(({ block }) => directivesNamed(block, name))
    .flatMap(({ values: [kind = '', ...values], block = [] }) => [
      { name: kind, values },
      ...block,
    ]);
  const paths = definitions.find((one) => one.name === 'path');
  return paths ? paths.values : ['*'];
}
