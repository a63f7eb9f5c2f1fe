import { type Finding, found, hint, problem } from '../finding.js';
import { SPOOFABLE } from '../../backends/server-options.js';
import { type Directive, everyDirective } from '../syntax/directive.js';
import { openTraps } from './apache-open-traps.js';
import { switchTraps } from './apache-switch-traps.js';
import { tagTraps } from './apache-tag-traps.js';

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
 * The known traps in a configuration of Apache.
 *
 * @internal
 */
export function apacheTraps(directives: readonly Directive[]): Finding[] {
  const every = everyDirective(directives);
  const on = every.filter(isOn);
  return [
    ...switchTraps(directives),
    ...tagTraps(directives),
    ...pathTraps(every, on),
    ...openTraps(directives),
    ...headerTraps(every, on),
    ...clientHeaders(every, on),
  ];
}

function isOn({ name, values }: Directive): boolean {
  return name === 'xsendfile' && values[0]?.toLowerCase() === 'on';
}

function pathTraps(
  every: readonly Directive[],
  on: readonly Directive[],
): Finding[] {
  const paths = every.filter(({ name }) => name === 'xsendfilepath');
  if (paths.length === 0) return on.map((place) => found(NO_PATH, place));
  return paths
    .filter(({ values }) => /^\/+$/.test(values[0] ?? ''))
    .map((path) => found(EVERYTHING, path));
}

function headerTraps(
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
  const trap = hint(
    'client-headers',
    `A client can send ${passed.join(', ')}, and the application gets it: some libraries let it decide what is sent.`,
    `Write ${passed.map((name) => `RequestHeader unset ${name}`).join(', ')}, each on a line of its own.`,
  );
  return on.map((place) => found(trap, place));
}
