import { quote } from '../../errors/download-errors.js';
import {
  type Finding,
  found,
  hint,
  missingInclude,
  problem,
  type LintRule,
} from '../finding.js';
import { type Directive, directivesNamed } from '../syntax/directive.js';
import {
  inForce,
  type Level,
  has,
  isOffload,
  type Location,
  levelsOf,
  locationsOf,
} from './nginx-levels.js';
import { offloadFindings, proxyFindings } from './nginx-offload-lint.js';
import { openFindings, patternFindings } from './nginx-open-lint.js';

/** Headers without which an answer is less safe. */
const SECURITY =
  /^(?:content-security-policy(?:-report-only)?|x-content-type-options|x-frame-options|strict-transport-security|referrer-policy|permissions-policy|cross-origin-[a-z]+-policy|x-robots-tag)$/i;

/**
 * Headers that an outer block adds and that an inner one loses, since it adds others.
 *
 * @internal
 */
export function headerFindings(levels: readonly Level[]): Finding[] {
  return levels.flatMap((level) => {
    const [first, ...others] = directivesNamed(level.block, 'add_header');
    const merges = inForce(level, 'add_header_inherit')[0]?.values[0];
    if (!first || merges === 'merge') return [];
    const own = [first, ...others].map(nameOf);
    return inForce(level.outer, 'add_header')
      .filter((outer) => SECURITY.test(outer.values[0] ?? ''))
      .filter((outer) => !own.includes(nameOf(outer)))
      .map((outer) => found(lost(outer, first), first));
  });
}

function lost({ values, place }: Directive, inner: Directive): LintRule {
  const [name = ''] = values;
  const where =
    place.file === inner.place.file
      ? `line ${place.line}`
      : `${quote(place.file)}, line ${place.line},`;
  return problem(
    'add-header-lost',
    `A block with an add_header of its own has none of the outer ones: ${name} of ${where} is lost here.`,
    `Repeat add_header ${name} in this block.`,
  );
}

function nameOf({ values }: Directive): string {
  return values[0]?.toLowerCase() ?? '';
}

/** What people call a location that is not for clients; some frameworks have a public `/_next/`. */
const SOUNDS_INTERNAL =
  /\/_(?!next|nuxt|app|astro|static|assets)|internal|protected|private|offload|accel|sendfile/i;

/**
 * Locations that lead out of their directory, past it, or past the application.
 *
 * @internal
 */
export function locationFindings(locations: readonly Location[]): Finding[] {
  return [
    ...locations.flatMap(slashes),
    ...locations
      .filter((location) => isOpen(location, locations))
      .map(({ directive, uri }) =>
        found(
          problem(
            'not-internal',
            `Every client can ask for ${quote(`${uri}...`)} itself: the application is not asked who may have the file.`,
            'Put `internal;` into the location. If its files are meant for everybody, leave it as it is.',
          ),
          directive,
        ),
      ),
  ];
}

function slashes({ level, modifier, uri }: Location): Finding[] {
  if (!['', '^~'].includes(modifier)) return [];
  return directivesNamed(level.block, 'alias').flatMap((alias) => {
    const [directory = ''] = alias.values;
    if (uri.endsWith('/') === directory.endsWith('/')) return [];
    return [
      found(uri.endsWith('/') ? joined(uri, directory) : led(uri), alias),
    ];
  });
}

function led(uri: string): LintRule {
  return problem(
    'alias-slash',
    `The alias ends with a slash, location ${quote(uri)} does not: ${quote(`${uri}../x`)} leads to a file beside the directory.`,
    `End both with a slash: ${quote(`location ^~ ${uri}/ {`)}.`,
  );
}

function joined(uri: string, directory: string): LintRule {
  return problem(
    'alias-slash',
    `Location ${quote(uri)} ends with a slash, the alias does not: ${quote(`${uri}a`)} leads to ${quote(`${directory}a`)}, ` +
      'so files are not found, or are those of a directory beside it.',
    `End both with a slash: ${quote(`alias ${directory}/;`)}.`,
  );
}

/** Files that anybody can have, in a location that seems to be for the application's answers. */
function isOpen(location: Location, all: readonly Location[]): boolean {
  const isFiles = has(location, 'alias') || has(location, 'root');
  if (!isFiles || has(location, 'internal') || location.modifier === '@') {
    return false;
  }
  const isForAnswers = location.level.block.some(isForAnswer);
  if (isForAnswers || SOUNDS_INTERNAL.test(location.uri)) return true;
  // A configuration to be checked has a location for files somewhere.
  return has(location, 'alias') && !all.some(isOffload);
}

function isForAnswer({ values }: Directive): boolean {
  return values.some((value) => value.includes('$upstream_http_'));
}

const INCLUDES =
  'a relative name counts from the directory of the configuration that nginx is started with. For files that may be missing write a pattern, `conf.d/*.conf`.';

/** Where it lies is said for the whole http block, which no file can say that a server block includes. */
function cacheFindings(levels: readonly Level[]): Finding[] {
  // A part of a configuration does not have it.
  if (!levels.some(({ directive }) => directive?.name === 'http')) return [];
  const zones = levels
    .flatMap(({ block }) => directivesNamed(block, 'proxy_cache_path'))
    .flatMap(({ values }) => values)
    .map((value) => /^keys_zone=([^:]+)/.exec(value)?.[1]);
  return levels
    .flatMap(({ block }) => directivesNamed(block, 'proxy_cache'))
    .filter(({ values: [zone = ''] }) => !/^off$|\$/.test(zone))
    .filter(({ values: [zone] }) => !zones.includes(zone))
    .map((cache) => found(withoutPath(cache), cache));
}

function withoutPath({ values: [zone = ''] }: Directive): LintRule {
  return hint(
    'cache-path',
    `No proxy_cache_path has the zone ${quote(zone)}: where none of a file that was not looked at has it, nginx does not start.`,
    'Put the proxy_cache_path that serverConfig({ include: true }) prints as a comment into the http block, outside of the server block.',
  );
}

/**
 * The known mistakes in a configuration of nginx.
 *
 * @internal
 */
export function nginxFindings(directives: readonly Directive[]): Finding[] {
  const levels = levelsOf(directives);
  const locations = locationsOf(levels);
  return [
    ...locationFindings(locations),
    ...openFindings(levels, locations),
    ...patternFindings(locations),
    ...offloadFindings(locations),
    ...proxyFindings(locations),
    ...headerFindings(levels),
    ...cacheFindings(levels),
    ...levels
      .flatMap(({ block }) => directivesNamed(block, 'include'))
      .map((include) =>
        found(
          missingInclude('nginx', include.values[0] ?? '', INCLUDES),
          include,
        ),
      ),
  ];
}
