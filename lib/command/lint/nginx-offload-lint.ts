import { SPOOFABLE } from '../../backends/server-headers.js';
import { type Finding, found, problem, hint } from '../finding.js';
import { directivesNamed, type Directive } from '../syntax/directive.js';
import {
  inForce,
  isOffload,
  type Location,
  has,
  type Level,
  proxiesOf,
  type Proxy,
} from './nginx-levels.js';
import { foreignAmong, upstreamOf } from './nginx-upstreams.js';

const LINKS = problem(
  'symlinks',
  'nginx follows symbolic links: one that is made in the directory after the application looked leads to any file that nginx can read.',
  'Put `disable_symlinks on from=DIRECTORY;` into the location, with the directory of its alias.',
);
const DIRECTORY = problem(
  'directory-redirect',
  'For a directory without a slash at its end nginx redirects the client, and so tells it the internal location.',
  'Put `if (-d $request_filename) { return 404; }` into the location.',
);
const GZIP = problem(
  'gzip',
  'A file that nginx compresses has no length and no ranges: downloads cannot be resumed.',
  'Put `gzip off;` into the location.',
);
const BROUGHT_BACK = [
  {
    name: 'Content-Security-Policy',
    purpose: 'sandboxes what a browser shows',
    value: '$upstream_http_content_security_policy',
  },
  {
    name: 'X-Content-Type-Options',
    purpose: 'keeps a browser from guessing the type',
    value: 'nosniff always',
  },
];

/**
 * What the locations lack by which files go out.
 *
 * @internal
 */
export function offloadFindings(locations: readonly Location[]): Finding[] {
  return locations
    .filter(isOffload)
    .flatMap((location) => [
      ...linkFindings(location),
      ...directoryFindings(location),
      ...gzipFindings(location),
      ...lostHeaders(location),
    ]);
}

function linkFindings({ level, directive }: Location): Finding[] {
  const [setting] = inForce(level, 'disable_symlinks');
  if (setting && setting.values[0] !== 'off') return [];
  const own = directivesNamed(level.block, 'disable_symlinks')[0];
  return [found(LINKS, own ?? directive)];
}

function directoryFindings({ level, directive }: Location): Finding[] {
  const refuses = level.block.some(
    ({ name, values, block = [] }) =>
      name === 'if' &&
      /^\(\s*-d\s+\$request_filename\s*\)$/.test(values.join(' ')) &&
      directivesNamed(block, 'return').length > 0,
  );
  // It looks for files only, unless told a name with a slash at its end.
  const tries = inForce(level, 'try_files')[0]?.values;
  const triesFiles =
    tries !== undefined && !tries.slice(0, -1).some((name) => /\/$/.test(name));
  return refuses || triesFiles ? [] : [found(DIRECTORY, directive)];
}

function gzipFindings({ level, directive }: Location): Finding[] {
  const [setting] = inForce(level, 'gzip');
  if (setting?.values[0] !== 'on') return [];
  const own = directivesNamed(level.block, 'gzip')[0];
  return [found(GZIP, own ?? directive)];
}

function lostHeaders({ level, directive }: Location): Finding[] {
  const present = inForce(level, 'add_header').map(({ values }) =>
    values[0]?.toLowerCase(),
  );
  return BROUGHT_BACK.filter(
    ({ name }) => !present.includes(name.toLowerCase()),
  ).map(({ name, purpose, value }) =>
    found(
      problem(
        'header-not-brought-back',
        `Of the application's headers nginx keeps five with a file, and ${name}, which ${purpose}, is not among them.`,
        `Put \`add_header ${name} ${value};\` into the location.`,
      ),
      directive,
    ),
  );
}

const SMALLEST_BUFFER = 8 * 1024;
const VERSION = problem(
  'http-version',
  'Before 1.29.7 nginx asks in HTTP/1.0 unless told otherwise: a file of unknown length looks complete there when the application dies in the middle of it.',
  'Write `proxy_http_version 1.1;` and `proxy_set_header Connection "";`.',
);
const BUFFER = hint(
  'proxy-buffer-size',
  'All headers of an answer have to fit in one buffer of 4 or 8 kilobytes: cookies and a long file name make it a 502.',
  'Write `proxy_buffer_size 16k; proxy_buffers 8 16k;`.',
);
const IGNORED = problem(
  'offload-ignored',
  'nginx does not look at X-Accel-Redirect here: the client gets an empty answer for every file.',
  'Take X-Accel-Redirect out of this proxy_ignore_headers.',
);
const STORE = problem(
  'store-is-obeyed',
  'An X-Accel-Redirect of the server that is asked here is obeyed: it has any file of any internal location sent.',
  'Write `proxy_ignore_headers X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset;`.',
);

/**
 * How the application is asked, and servers that an internal location asks.
 *
 * @internal
 */
export function proxyFindings(locations: readonly Location[]): Finding[] {
  const proxies = proxiesOf(locations);
  const applications = proxies.filter((proxy) => !has(proxy, 'internal'));
  // Where one is ignored and another is not, the first is none that offloads.
  const obeyed = applications.filter(({ level }) => !ignoresOffload(level));
  const among = obeyed.length > 0 ? obeyed : applications;
  const foreign = foreignAmong(among);
  const offloading = among.filter((proxy) => !foreign.includes(proxy));
  const stores = proxies.filter((proxy) =>
    isStore(proxy, offloading, locations),
  );
  const hasInternal = locations.some((location) => has(location, 'internal'));
  return [
    ...offloading.flatMap((proxy) => [
      ...versionFindings(proxy),
      ...clientHeaders(proxy),
      ...forwardedFindings(proxy),
      ...uriFindings(proxy),
      ...bufferFindings(proxy),
    ]),
    ...(locations.some(isOffload) ? offloading.flatMap(ignoredFindings) : []),
    ...[...stores, ...(hasInternal ? foreign : [])]
      .filter(({ level }) => !ignoresOffload(level))
      .map(({ pass }) => found(STORE, pass)),
  ];
}

function versionFindings({ level, pass }: Proxy): Finding[] {
  const [setting] = inForce(level, 'proxy_http_version');
  if (setting && setting.values[0] !== '1.0') return [];
  return [found(VERSION, ownOr(pass, level, setting))];
}

function clientHeaders({ level, pass }: Proxy): Finding[] {
  const cleared = inForce(level, 'proxy_set_header')
    .filter(({ values }) => values[1] === '')
    .map(({ values }) => values[0]?.toLowerCase());
  const passed = SPOOFABLE.filter(
    (name) => !cleared.includes(name.toLowerCase()),
  );
  if (passed.length === 0) return [];
  const lines = passed.map((name) => `proxy_set_header ${name} "";`);
  return [
    found(
      hint(
        'client-headers',
        `A client can send ${passed.join(', ')}, and the application gets it: some libraries let it decide what is sent.`,
        `Write \`${lines.join(' ')}\`.`,
      ),
      pass,
    ),
  ];
}

const FORWARDED = problem(
  'forwarded-for',
  'X-Forwarded-For is what the client says: it chooses its address, for limits, logs and links that are bound to one.',
  'Write `proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;`, or `$remote_addr` where no other proxy is in front.',
);
const PASSED_URI = problem(
  'proxy-pass-uri',
  'With a path behind the host nginx decodes what the client has asked for and encodes it anew: names with `%2F`, `%25` or `;` reach the application as others.',
  'Write the address without a path, not even a slash: `proxy_pass http://HOST:PORT;`.',
);

function forwardedFindings({ level, pass }: Proxy): Finding[] {
  const setting = inForce(level, 'proxy_set_header').find(
    ({ values: [name = '', value] }) =>
      name.toLowerCase() === 'x-forwarded-for' &&
      value === '$http_x_forwarded_for',
  );
  return setting ? [found(FORWARDED, ownOr(pass, level, setting))] : [];
}

function uriFindings({ pass }: Proxy): Finding[] {
  const [address = ''] = pass.values;
  const hasPath = /^https?:\/\/(?!unix:)[^/$]+\//.test(address);
  return hasPath && !address.includes('$') ? [found(PASSED_URI, pass)] : [];
}

function bufferFindings({ level, pass }: Proxy): Finding[] {
  const [setting] = inForce(level, 'proxy_buffer_size');
  const isEnough = setting && bytesOf(setting.values[0]) >= SMALLEST_BUFFER;
  return isEnough ? [] : [found(BUFFER, ownOr(pass, level, setting))];
}

function ignoredFindings({ level }: Proxy): Finding[] {
  const setting = ignoresOffload(level);
  return setting ? [found(IGNORED, setting)] : [];
}

/** Whether another server is asked than the application, which may be asked whom to let in, too. */
function isStore(
  proxy: Proxy,
  offloading: readonly Proxy[],
  locations: readonly Location[],
): boolean {
  return (
    has(proxy, 'internal') &&
    proxy.modifier !== '@' &&
    !offloading.some(
      ({ pass }) => upstreamOf(pass) === upstreamOf(proxy.pass),
    ) &&
    !locations
      .flatMap(({ level }) => inForce(level, 'auth_request'))
      .some(({ values }) => values[0] === proxy.uri)
  );
}

function ignoresOffload(level: Level): Directive | undefined {
  return inForce(level, 'proxy_ignore_headers').find(({ values }) =>
    values.some((value) => value.toLowerCase() === 'x-accel-redirect'),
  );
}

/** What the location itself says, if it does; where to say it otherwise. */
function ownOr(
  pass: Directive,
  { block }: Level,
  setting: Directive | undefined,
): Directive {
  return setting && block.includes(setting) ? setting : pass;
}

function bytesOf(size = ''): number {
  const [, count = '0', unit = ''] = /^(\d+)([km]?)$/i.exec(size) ?? [];
  const factors: Partial<Record<string, number>> = { k: 1024, m: 1024 ** 2 };
  return Number(count) * (factors[unit.toLowerCase()] ?? 1);
}
