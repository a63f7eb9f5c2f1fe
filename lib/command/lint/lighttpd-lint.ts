import { SPOOFABLE } from '../../backends/server-headers.js';
import {
  type Finding,
  found,
  hint,
  missingInclude,
  problem,
  type LintRule,
} from '../finding.js';
import {
  type Item,
  type Setting,
  type Value,
} from '../syntax/lighttpd-syntax.js';
import { foreignAmong, LIGHTTPD_STORE } from './foreign-hosts.js';

const NOT_ENABLED = problem(
  'offload-off',
  'lighttpd does not look at X-Sendfile of this host: the client gets an empty answer for every file.',
  'Write "x-sendfile" => "enable" beside it.',
);
const NO_ROOT = problem(
  'no-docroot',
  'The application can have every file sent that lighttpd can read, /etc/passwd among them.',
  'Write "x-sendfile-docroot" => ( "/srv/media/" ) beside it, with the directories of the downloads.',
);
const EVERYTHING = problem(
  'docroot-is-root',
  'The application can have every file sent that lighttpd can read, /etc/passwd among them.',
  'Name the directories of the downloads only: "x-sendfile-docroot" => ( "/srv/media/" ).',
);
const LINKS = problem(
  'symlinks',
  'lighttpd follows symbolic links: one that is made in the directory after the application looked leads to any file that lighttpd can read.',
  'Write server.follow-symlink = "disable".',
);
const WHOLE = hint(
  'whole-answers',
  'lighttpd waits for the end of an answer before it sends the beginning: a file that the application streams starts late.',
  'Write server.stream-response-body = 2.',
);

/** A server that lighttpd asks: the list in which it is described. */
interface Host {
  readonly items: readonly Item[];
  readonly first: Item;
  readonly setting: Setting;
}

/**
 * The known mistakes in a configuration of lighttpd.
 *
 * @internal
 */
export function lighttpdFindings(settings: readonly Setting[]): Finding[] {
  return [
    ...hostFindings(settings),
    ...settings
      .filter(({ name }) => name === 'include')
      .map(({ value: { text = '' }, place }) =>
        found(missingInclude('lighttpd', text, INCLUDES), { place }),
      ),
  ];
}

const INCLUDES =
  'a relative name counts from the directory of the configuration that lighttpd is started with. For files that may be missing write a pattern, "conf.d/*.conf".';

function hostFindings(settings: readonly Setting[]): Finding[] {
  const hosts = settings
    .filter(({ name }) => /^(?:proxy|fastcgi|scgi|uwsgi)\.server$/.test(name))
    .flatMap((setting) => hostsIn(setting.value, setting));
  const offloading = hosts.flatMap((host) => {
    const enabled = enabledBy(host);
    return enabled ? [{ ...host, enabled }] : [];
  });
  if (offloading.length === 0) {
    return hosts.map(({ first }) => found(NOT_ENABLED, first));
  }
  const foreign = foreignAmong(offloading, ({ first }) => [
    first.key === 'host' ? (first.value.text ?? '') : '',
  ]);
  return [
    ...offloading.flatMap((host) => [
      ...rootFindings(host, host.enabled),
      ...surroundings(settings, host, host.enabled),
    ]),
    ...foreign.map(({ enabled }) => found(LIGHTTPD_STORE, enabled)),
  ];
}

/** Lists in lists, down to those that name an address. */
function hostsIn({ items = [] }: Value, setting: Setting): Host[] {
  const first = items.find(({ key }) => key === 'host' || key === 'socket');
  return first
    ? [{ items, first, setting }]
    : items.flatMap(({ value }) => hostsIn(value, setting));
}

function enabledBy({ items }: Host): Item | undefined {
  return items.find(
    ({ key, value }) =>
      (key === 'x-sendfile' || key === 'allow-x-send-file') &&
      value.text === 'enable',
  );
}

function rootFindings({ items }: Host, enabled: Item): Finding[] {
  const roots = items.find(({ key }) => key === 'x-sendfile-docroot')?.value;
  if (roots === undefined) return [found(NO_ROOT, enabled)];
  const directories = roots.items?.map(({ value }) => value) ?? [roots];
  if (directories.length === 0) return [found(NO_ROOT, roots)];
  return directories
    .filter(({ text }) => /^\/*$/.test(text ?? ''))
    .map((directory) => found(EVERYTHING, directory));
}

function surroundings(
  settings: readonly Setting[],
  { setting }: Host,
  enabled: Item,
): Finding[] {
  const inForce = (name: string): Setting[] =>
    settings.filter(
      (other) =>
        other.name === name &&
        other.conditions.every((condition) =>
          setting.conditions.includes(condition),
        ),
    );
  const links = inForce('server.follow-symlink').at(-1);
  const streams = inForce('server.stream-response-body').at(-1);
  const cleared = inForce('setenv.set-request-header')
    .flatMap(({ value }) => value.items ?? [])
    .filter(({ value }) => value.text === '')
    .map(({ key }) => key?.toLowerCase());
  return [
    ...(links?.value.text === 'disable'
      ? []
      : [found(LINKS, links ?? enabled)]),
    ...(Number(streams?.value.text ?? 0) > 0
      ? []
      : [found(WHOLE, streams ?? enabled)]),
    ...clientHeaders(cleared).map((rule) => found(rule, enabled)),
  ];
}

function clientHeaders(cleared: readonly (string | undefined)[]): LintRule[] {
  const passed = SPOOFABLE.filter(
    (name) => !cleared.includes(name.toLowerCase()),
  );
  if (passed.length === 0) return [];
  const lines = passed.map((name) => `"${name}" => ""`);
  return [
    hint(
      'client-headers',
      `A client can send ${passed.join(', ')}, and the application gets it: some libraries let it decide what is sent.`,
      `Write setenv.set-request-header = ( ${lines.join(', ')} ), and load mod_setenv.`,
    ),
  ];
}
