import { SPOOFABLE } from '../../backends/server-headers.js';
import {
  type Finding,
  found,
  hint,
  missingInclude,
  problem,
} from '../finding.js';
import { type Directive, everyDirective } from '../syntax/directive.js';
import {
  closedDirectories,
  knownDirectory,
  openDirectory,
  overlap,
} from './nginx-open-lint.js';
import { foreignFindings, forwardedFindings } from './foreign-hosts.js';

const SERVED = ['documentroot', 'alias', 'aliasmatch'];
const CLOSING = 'write Require all denied into a <Directory> section for it';

/**
 * Directories of XSendFilePath that Apache serves by itself, too.
 *
 * @internal
 */
export function openFindings(directives: readonly Directive[]): Finding[] {
  const every = everyDirective(directives);
  const denied = every.filter(isDenied).map(directoryOf);
  const closed = closedDirectories(
    every.filter(({ name }) => name === 'xsendfilepath').map(directoryOf),
  ).filter((directory) => !denied.includes(directory));
  return servedIn(directives, false).flatMap((served) => {
    const directory = directoryOf(served);
    return closed
      .filter((other) => directory !== undefined && overlap(directory, other))
      .map((other) => found(openDirectory(other, CLOSING), served));
  });
}

/**
 * @param isOutside whether the application takes all requests, by what stands outside
 */
function servedIn(
  block: readonly Directive[],
  isOutside: boolean,
): Directive[] {
  const isProxied =
    (isOutside || block.some(takesAll)) &&
    !everyDirective(block).some(
      ({ name, values }) => name === 'proxypass' && values.includes('!'),
    );
  return block.flatMap((directive) => [
    ...(isServed(directive, isProxied) ? [directive] : []),
    ...servedIn(directive.block ?? [], isProxied),
  ]);
}

/** An Alias is meant to be served, whatever is proxied. */
function isServed({ name }: Directive, isProxied: boolean): boolean {
  return SERVED.includes(name) && !(isProxied && name === 'documentroot');
}

function takesAll({ name, values, block = [] }: Directive): boolean {
  if (values[0] !== '/') return false;
  return (
    name === 'proxypass' ||
    (name === '<location' && block.some((inner) => inner.name === 'proxypass'))
  );
}

function isDenied({ name, block = [] }: Directive): boolean {
  return (
    name === '<directory' &&
    block.some(
      (inner) =>
        inner.name === 'require' &&
        inner.values.join(' ').toLowerCase() === 'all denied',
    )
  );
}

function directoryOf({ values }: Directive): string | undefined {
  return knownDirectory(values.at(-1) ?? '');
}

const OFF = problem(
  'offload-off',
  'mod_xsendfile is off here: the client gets the header, which is a path, and no file.',
  'Write XSendFile On.',
);

/**
 * Places where mod_xsendfile is off though the application offloads.
 *
 * @internal
 */
export function switchFindings(directives: readonly Directive[]): Finding[] {
  const every = everyDirective(directives);
  if (!every.some(({ name }) => name === 'xsendfile')) {
    const first =
      every.find(({ name }) => name === 'xsendfilepath') ??
      every.find(({ name }) => name === 'proxypass');
    return first ? [found(OFF, first)] : [];
  }
  return offIn(directives);
}

/** Off is right where a section inside turns it on. */
function offIn(block: readonly Directive[]): Finding[] {
  const isOnInside = everyDirective(block).some((other) =>
    isSwitch(other, 'on'),
  );
  return block.flatMap((directive) => [
    ...(isSwitch(directive, 'off') && !isOnInside
      ? [found(OFF, directive)]
      : []),
    ...offIn(directive.block ?? []),
  ]);
}

function isSwitch({ name, values }: Directive, value: string): boolean {
  return name === 'xsendfile' && values[0]?.toLowerCase() === value;
}

const CONSTANT = problem(
  'constant-tag',
  'Every file that comes without a tag gets "0": after a change clients keep the old file, and resumed downloads mix both.',
  'Write FileETag None beside it.',
);
const IGNORED = problem(
  'tag-ignored',
  'mod_xsendfile drops the tag of the application, and every file gets "0": after a change clients keep the old file.',
  'Leave XSendFileIgnoreEtag out.',
);
/** Sections that hold for every answer. */
const EVERYWHERE = [
  '<location /',
  '<proxy *',
  '<locationmatch ^/',
  '<locationmatch .*',
];

/**
 * Tags that do not tell one file from another.
 *
 * @internal
 */
export function tagFindings(directives: readonly Directive[]): Finding[] {
  return [
    ...everyDirective(directives)
      .filter((directive) => is(directive, 'xsendfileignoreetag', 'on'))
      .map((directive) => found(IGNORED, directive)),
    ...constantIn(directives, false),
  ];
}

/**
 * @param isCured whether `FileETag None` holds outside
 */
function constantIn(block: readonly Directive[], isCured: boolean): Finding[] {
  const cured =
    isCured ||
    block.some(
      (directive) =>
        cures(directive) ||
        (coversAll(directive) && directive.block?.some(cures)),
    );
  return block.flatMap((directive) => [
    ...(is(directive, 'xsendfile', 'on') && !cured
      ? [found(CONSTANT, directive)]
      : []),
    ...constantIn(directive.block ?? [], cured),
  ]);
}

function cures(directive: Directive): boolean {
  return is(directive, 'fileetag', 'none');
}

function coversAll({ name, values }: Directive): boolean {
  return EVERYWHERE.includes([name, ...values].join(' '));
}

function is(
  { name, values }: Directive,
  expected: string,
  value: string,
): boolean {
  return name === expected && values[0]?.toLowerCase() === value;
}

const HEADER = 'x-sendfile';
const EVERYTHING = problem(
  'path-is-root',
  'mod_xsendfile may send every file that Apache can read, /etc/passwd among them.',
  'Name the directories of the downloads only: XSendFilePath "/srv/media/".',
);
const NO_PATH = problem(
  'no-path',
  'mod_xsendfile sends no file of a directory that no XSendFilePath names: every download is a 404.',
  'Name the directories of the downloads: XSendFilePath "/srv/media/".',
);
const UNSET = problem(
  'header-unset',
  'The header is gone before mod_xsendfile sees it: the client gets an empty answer for every file.',
  'Write Header onsuccess unset X-Sendfile "expr=%{REQUEST_STATUS} != 200".',
);
const LEAKS = problem(
  'header-leaks',
  'mod_xsendfile looks at answers of status 200 only: on all others the client gets the header, which is a path.',
  'Write Header onsuccess unset X-Sendfile "expr=%{REQUEST_STATUS} != 200" beside it.',
);

/**
 * The known mistakes in a configuration of Apache.
 *
 * @internal
 */
export function apacheFindings(directives: readonly Directive[]): Finding[] {
  const every = everyDirective(directives);
  const on = every.filter(isOn);
  return [
    ...switchFindings(directives),
    ...tagFindings(directives),
    ...pathFindings(every, on),
    ...openFindings(directives),
    ...headerFindings(every, on),
    ...clientHeaders(every, on),
    ...foreignFindings(directives),
    ...forwardedFindings(every),
    ...every
      .filter(({ name }) => name === 'include')
      .map((include) =>
        found(
          missingInclude('Apache', include.values[0] ?? '', INCLUDES),
          include,
        ),
      ),
  ];
}

const INCLUDES =
  'a relative name counts from ServerRoot. For files that may be missing write IncludeOptional.';

function isOn({ name, values }: Directive): boolean {
  return name === 'xsendfile' && values[0]?.toLowerCase() === 'on';
}

function pathFindings(
  every: readonly Directive[],
  on: readonly Directive[],
): Finding[] {
  const paths = every.filter(({ name }) => name === 'xsendfilepath');
  if (paths.length === 0) return on.map((place) => found(NO_PATH, place));
  return paths
    .filter(({ values }) => /^\/+$/.test(values[0] ?? ''))
    .map((path) => found(EVERYTHING, path));
}

function headerFindings(
  every: readonly Directive[],
  on: readonly Directive[],
): Finding[] {
  const unset = every.filter(isUnset);
  if (unset.length === 0) return on.map((place) => found(LEAKS, place));
  return unset
    .filter(
      ({ values }) => !values.some((value) => /^(expr|env)=/i.test(value)),
    )
    .map((place) => found(UNSET, place));
}

/** Among the headers of the application's answer; `always` is for those of errors. */
function isUnset({ name, values }: Directive): boolean {
  const [condition, ...others] = values.map((value) => value.toLowerCase());
  if (name !== 'header' || condition === 'always') return false;
  const [action, header, ...further] =
    condition === 'onsuccess' ? others : [condition, ...others];
  return action === 'unset' && header === HEADER && !further.includes('early');
}

function clientHeaders(
  every: readonly Directive[],
  on: readonly Directive[],
): Finding[] {
  const unset = every
    .filter(({ name }) => name === 'requestheader')
    .filter(({ values }) => values[0]?.toLowerCase() === 'unset')
    .map(({ values }) => values[1]?.toLowerCase());
  const passed = SPOOFABLE.filter(
    (name) => !unset.includes(name.toLowerCase()),
  );
  if (passed.length === 0) return [];
  const rule = hint(
    'client-headers',
    `A client can send ${passed.join(', ')}, and the application gets it: some libraries let it decide what is sent.`,
    `Write ${passed.map((name) => `RequestHeader unset ${name}`).join(', ')}, each on a line of its own.`,
  );
  return on.map((place) => found(rule, place));
}
