import { isAbsolute } from 'node:path';

import {
  CHECKED_ELSEWHERE,
  checkOptions,
  isWholeNumber,
  type OptionCheck,
  type OptionChecks,
  TRUE_OR_FALSE,
  wholeNumber,
} from '../errors/check-options.js';
import { InvalidOptionsError } from '../errors/download-errors.js';
import {
  besideLocation,
  UNTELLABLE,
  wholeLocation,
  type LocationRule,
  checkLocationRules,
} from './rules.js';
import { checkHeaderNames } from './server-headers.js';
import { checkHosts } from './store-hosts.js';

/**
 * What nginx is told about the files that it sends.
 *
 * @publicApi
 */
export interface NginxSettings {
  /** X-Accel-Expires: seconds, or a date, that nginx may cache the answer; false: not at all. */
  readonly expires?: number | Date | false;
  /** X-Accel-Buffering: whether nginx buffers the answer. */
  readonly buffering?: boolean;
  /** X-Accel-Limit-Rate: bytes per second for each client; false: no limit. */
  readonly limitRate?: number | false;
  /** X-Accel-Charset: the charset of texts; one that nginx knows, such as `utf-8`. */
  readonly charset?: string;
}

/**
 * Which files nginx can reach, and in which internal location. Beside `/_offload/` the printed configuration
 * has `/_offload-tagged/`, for files whose ETag the application tells, and `/_offload-whole/`, for a Range that
 * is not to be obeyed. Settings of a rule come before those
 * of all rules, for the files that nginx sends by it.
 *
 * @publicApi
 */
export type NginxRule = LocationRule & NginxSettings;

/**
 * Which files of other servers nginx fetches and passes on.
 *
 * @publicApi
 */
export interface NginxRemoteOptions {
  /**
   * The stores that nginx may ask: `host` or `host:port`, compared exactly, no wildcards. Each of them by
   * http and by https, as the address of the file says.
   */
  readonly hosts: readonly string[];
  /**
   * Where nginx asks for the addresses of names, as its directive of this name: `10.0.0.2`,
   * `127.0.0.11 valid=10s`. Without it nginx looks the names up when it starts, and not again.
   */
  readonly resolver?: string;
  /**
   * A file with the certificates of the authorities that vouch for https stores;
   * `/etc/ssl/certs/ca-certificates.crt`, as on Debian, by default.
   */
  readonly certificates?: string;
  /**
   * Seconds that an address of a storage works: 300 by default, six hours with a cache, which asks the store for
   * slices as long as the download takes. No address outlives temporary credentials that it was signed with.
   */
  readonly expiresIn?: number;
  /** Has nginx keep what it has fetched, by object and version; by default it keeps nothing. */
  readonly cache?: NginxCacheOptions;
}

/**
 * Where nginx keeps files of stores. Only files whose storage names their version (`FileStat.version`) are kept,
 * slice by slice, and each version under a name of its own: nothing goes stale, and nobody's signature is kept.
 *
 * @publicApi
 */
export interface NginxCacheOptions {
  /** A directory of nginx's own: `/var/cache/nginx/download`. */
  readonly directory: string;
  /** How large it may become: bytes, or as nginx writes it, `10g`. */
  readonly size: number | string;
  /** How much of an object is asked for at once; `1m` by default. */
  readonly slice?: number | string;
  /** Seconds after which is removed what nobody asked for; a week by default. */
  readonly inactive?: number;
  /**
   * Seconds that the application remembers what it knew of a file that it handed over, for the time that the store
   * cannot be asked: what nginx has kept is sent then. By default it answers 503.
   */
  readonly stale?: number;
}

/**
 * Options of nginx().
 *
 * @publicApi
 */
export interface NginxOptions extends NginxSettings {
  /** Which files nginx can reach, and in which internal location; with `remote` there need not be any. */
  readonly rules?: readonly NginxRule[];
  /** Which files of other servers nginx fetches and passes on; none by default. */
  readonly remote?: NginxRemoteOptions;
  /**
   * Names of further headers of answers, such as those that controllers have in `headers`. nginx drops what the
   * printed configuration does not bring back.
   */
  readonly headers?: readonly string[];
}

const SETTINGS: OptionChecks<NginxSettings> = {
  expires: [
    (value) =>
      value === false ||
      isWholeNumber(value, 0) ||
      (value instanceof Date && !Number.isNaN(value.getTime())),
    'Give whole seconds, a date, or false.',
  ],
  buffering: TRUE_OR_FALSE,
  limitRate: [
    (value) => value === false || isWholeNumber(value, 0),
    'Give whole bytes per second, or false for no limit; nginx ignores units such as 1k.',
  ],
  charset: [
    (value) => typeof value === 'string' && /^[A-Za-z0-9._-]+$/.test(value),
    'Give the name of a charset, such as utf-8.',
  ],
};
const OPTIONS: OptionChecks<NginxOptions> = {
  rules: CHECKED_ELSEWHERE,
  remote: CHECKED_ELSEWHERE,
  headers: CHECKED_ELSEWHERE,
  ...SETTINGS,
};
const REMOTE: OptionChecks<NginxRemoteOptions> = {
  hosts: CHECKED_ELSEWHERE,
  resolver: [
    (value) => typeof value === 'string' && /^[\w.:[\]= -]+$/.test(value),
    'Give the address of a DNS server: 10.0.0.2.',
  ],
  certificates: [
    (value) =>
      typeof value === 'string' && isAbsolute(value) && !UNTELLABLE.test(value),
    'Give the absolute path of a file, without `$` and control characters.',
  ],
  expiresIn: wholeNumber(1, 'Give whole seconds, 1 or more.'),
  cache: CHECKED_ELSEWHERE,
};
const SIZE: OptionCheck = [
  (value) =>
    isWholeNumber(value, 1) ||
    (typeof value === 'string' && /^[1-9]\d{0,11}[kmg]?$/i.test(value)),
  "Give bytes, or a size as nginx writes it: '10g'.",
];
const CACHE: OptionChecks<NginxCacheOptions> = {
  directory: [
    (value) =>
      typeof value === 'string' && isAbsolute(value) && !UNTELLABLE.test(value),
    'Give the absolute path of a directory, without `$` and control characters.',
  ],
  size: SIZE,
  slice: SIZE,
  inactive: wholeNumber(1, 'Give whole seconds, 1 or more.'),
  stale: wholeNumber(1, 'Give whole seconds, 1 or more.'),
};

/**
 * What a rule of nginx() may say beside its place.
 *
 * @internal
 */
export const SETTING_NAMES = Object.keys(SETTINGS);

/**
 * Checks all options but the rules.
 *
 * @throws InvalidOptionsError for an option that is unknown or that nginx would not obey
 * @internal
 */
export function checkNginxOptions(options: NginxOptions): void {
  checkOptions('nginx', options, OPTIONS, { example: '{ rules: [...] }' });
  const { remote, headers = [] } = options;
  checkHeaderNames('nginx.headers', headers);
  if (remote === undefined) return;
  const example = "{ hosts: ['bucket.s3.example'] }";
  checkOptions('nginx.remote', remote, REMOTE, { example });
  checkHosts('nginx.remote.hosts', remote.hosts);
  if (remote.cache === undefined) return;
  checkOptions('nginx.remote.cache', remote.cache, CACHE, {
    example: "{ directory: '/var/cache/nginx/download', size: '10g' }",
    required: ['directory', 'size'],
  });
}

/**
 * Where the printed configuration fetches files of other servers.
 *
 * @internal
 */
export const REMOTE_LOCATION = '/_remote/';

/**
 * The same for files that nginx keeps.
 *
 * @internal
 */
export const CACHED_LOCATION = '/_remote-cached/';

/**
 * The second location of a rule: `/_offload-tagged/` beside `/_offload/`. Files whose ETag the application
 * tells go out by it.
 *
 * @internal
 */
export function taggedLocation(destination: string): string {
  return besideLocation(destination, 'tagged');
}

/**
 * Checks the rules of nginx().
 *
 * @returns the rules, directories with a slash at their end
 * @throws InvalidOptionsError for a rule that is wrong, and for one whose location is that of another
 * @internal
 */
export function checkNginxRules(
  rules: readonly NginxRule[] | undefined,
  hasRemote: boolean,
): NginxRule[] {
  if (rules === undefined && hasRemote) return [];
  const checked = checkLocationRules(rules, SETTINGS);
  const taken = checked.flatMap(({ destination }) => [
    taggedLocation(destination),
    wholeLocation(destination),
  ]);
  if (hasRemote) taken.push(REMOTE_LOCATION, CACHED_LOCATION);
  return checked.map((rule, index) => {
    const { destination } = rule;
    const other = taken.find((location) => overlap(destination, location));
    if (other !== undefined) {
      throw new InvalidOptionsError(
        `rules[${index}].destination`,
        destination,
        `It overlaps with ${other}, which the printed configuration has for files ` +
          `${[REMOTE_LOCATION, CACHED_LOCATION].includes(other) ? 'of other servers' : 'of another rule'}. Give it another name.`,
      );
    }
    return { ...rule, ...settingsOf(rules?.[index]) };
  });
}

function settingsOf(rule: NginxRule | undefined): NginxSettings {
  return Object.fromEntries(
    Object.entries(rule ?? {}).filter(
      ([name, value]) => SETTING_NAMES.includes(name) && value !== undefined,
    ),
  );
}

function overlap(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}

/**
 * nginx drops them from an offloaded answer. An empty variable adds no header.
 *
 * @internal
 */
export const BROUGHT_BACK = [
  'Content-Security-Policy',
  'Vary',
  'Content-Language',
  'Repr-Digest',
  'Referrer-Policy',
  'Permissions-Policy',
  'X-Frame-Options',
  'Cross-Origin-Resource-Policy',
  'Cross-Origin-Opener-Policy',
  'Cross-Origin-Embedder-Policy',
  'X-Robots-Tag',
  'Timing-Allow-Origin',
  'Access-Control-Allow-Origin',
  'Access-Control-Allow-Credentials',
  'Access-Control-Expose-Headers',
  'Strict-Transport-Security',
  'X-Download-Explain',
];

/**
 * What the application told nginx of the file.
 *
 * @internal
 */
export const VALIDATORS = ['ETag', 'Last-Modified'];

/** What nginx passes on by itself, or has of its own. */
const KEPT = [
  'Content-Type',
  'Content-Disposition',
  'Cache-Control',
  'Expires',
  'Set-Cookie',
  'X-Content-Type-Options',
];
const REACHING = new Set(
  [...KEPT, ...BROUGHT_BACK, ...VALIDATORS].map((name) => name.toLowerCase()),
);

/**
 * Whether a header of the application does not reach the client of a file that nginx sends.
 *
 * @param further names of headers that are brought back besides
 * @internal
 */
export function isLostByNginx(
  further: readonly string[] = [],
): (name: string) => boolean {
  const reaching = new Set(further.map((name) => name.toLowerCase()));
  return (name) =>
    !REACHING.has(name.toLowerCase()) && !reaching.has(name.toLowerCase());
}

/**
 * How nginx names a header of the answer that it has got last: `$upstream_http_vary`.
 *
 * @internal
 */
export function upstreamVariable(header: string): string {
  return `$upstream_http_${header.toLowerCase().replaceAll('-', '_')}`;
}

/**
 * A text as it stands in a configuration.
 *
 * @internal
 */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/**
 * What a store says, and the client is not to get: what nginx would pass on by itself, and more.
 *
 * @internal
 */
export const NOT_OF_THE_STORE = [
  ...KEPT,
  'Access-Control-Allow-Methods',
  'Access-Control-Allow-Headers',
  'Access-Control-Max-Age',
  'Alt-Svc',
  'Clear-Site-Data',
  'Content-Location',
  'Link',
  'Location',
  'NEL',
  'Pragma',
  'Refresh',
  'Report-To',
  'Reporting-Endpoints',
  'WWW-Authenticate',
  // nginx hides headers by their whole names alone.
  ...[
    'Expiration',
    'Id-2',
    'Replication-Status',
    'Request-Charged',
    'Request-Id',
    'Server-Side-Encryption',
    'Server-Side-Encryption-Aws-Kms-Key-Id',
    'Server-Side-Encryption-Customer-Key-MD5',
    'Storage-Class',
    'Tagging-Count',
    'Version-Id',
  ].map((name) => `X-Amz-${name}`),
  ...[
    'Encryption-Kms-Key-Name',
    'Generation',
    'Hash',
    'Metageneration',
    'Storage-Class',
  ].map((name) => `X-Goog-${name}`),
  'X-GUploader-UploadID',
  ...[
    'Blob-Content-MD5',
    'Creation-Time',
    'Encryption-Scope',
    'Lease-State',
    'Lease-Status',
    'Request-Id',
    'Version',
    'Version-Id',
  ].map((name) => `X-Ms-${name}`),
  'X-Openstack-Request-Id',
  'X-Trans-Id',
];
