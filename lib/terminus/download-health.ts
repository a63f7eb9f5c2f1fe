import { InvalidOptionsError } from '../errors/download-errors.js';
import { checkHeaders } from '../responses/response-headers.js';

/**
 * What one of the checks found.
 *
 * @publicApi
 */
export interface DownloadHealthPart {
  /** `unchecked` where an earlier check failed that this one rests on. */
  readonly status: 'up' | 'down' | 'unchecked';
  /** What is wrong, and what to look at; only where it is not `up`. */
  readonly message?: string;
}

/**
 * What all checks found: all of it is part of the indicator's result.
 *
 * @publicApi
 */
export interface DownloadHealth {
  /** The storage can be read. */
  readonly storage: DownloadHealthPart;
  /** The application answers with the offload header, or where nobody else is to send files, with the file. */
  readonly application: DownloadHealthPart;
  /** The server in front sends the file. */
  readonly server: DownloadHealthPart;
  /** From outside no offload header is seen, and no internal location is open. */
  readonly outside: DownloadHealthPart;
}

/**
 * @internal
 */
export const up: DownloadHealthPart = { status: 'up' };

/**
 * @internal
 */
export function down(message: string): DownloadHealthPart {
  return { status: 'down', message };
}

/**
 * @param failed the check that this one rests on
 * @internal
 */
export function unchecked(failed: keyof DownloadHealth): DownloadHealthPart {
  return { status: 'unchecked', message: `${failed} is down` };
}

/**
 * Options of DownloadHealthIndicator.check().
 *
 * @publicApi
 */
export interface DownloadHealthOptions {
  /** Name of the storage that holds the canary file; `default` by default. */
  readonly storage?: string;
  /** Key of the canary file: a small file, not empty, of at most 1 MiB, that is there to be asked for. */
  readonly canary: string;
  /** Where clients get the canary file, through the server in front: `https://example.com/public/canary.txt`. */
  readonly publicUrl: string;
  /** Where the application itself answers for it: `http://127.0.0.1:3000/public/canary.txt`. */
  readonly appUrl: string;
  /**
   * Headers of the requests for the canary file, where its route lets nobody else in:
   * `{ Authorization: 'Bearer ...' }`. None by default.
   */
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds for the storage, and for each request; 2,000 by default. */
  readonly timeout?: number;
}

/**
 * @internal
 */
export type CheckedHealthOptions = Required<DownloadHealthOptions>;

const KNOWN: readonly (keyof DownloadHealthOptions)[] = [
  'storage',
  'canary',
  'publicUrl',
  'appUrl',
  'headers',
  'timeout',
];

/**
 * @throws InvalidOptionsError
 * @internal
 */
export function checkHealthOptions(
  options: DownloadHealthOptions,
): CheckedHealthOptions {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionsError(
      'DownloadHealthIndicator',
      options,
      'Give { canary, publicUrl, appUrl }.',
    );
  }
  for (const [name, value] of Object.entries(options)) {
    if (!KNOWN.some((known) => known === name)) {
      throw wrong(name, value, `Known are ${KNOWN.join(', ')}.`);
    }
  }
  const { headers = {} } = options;
  checkHeaders(headers);
  return {
    storage: textOf('storage', options.storage ?? 'default'),
    canary: textOf('canary', options.canary),
    publicUrl: addressOf('publicUrl', options.publicUrl),
    appUrl: addressOf('appUrl', options.appUrl),
    headers,
    timeout: milliseconds(options.timeout ?? 2_000),
  };
}

function textOf(option: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw wrong(option, value, 'Give a name.');
}

function addressOf(option: string, value: unknown): string {
  const isUrl = typeof value === 'string' && URL.canParse(value);
  if (isUrl && /^https?:$/.test(new URL(value).protocol)) return value;
  throw wrong(
    option,
    value,
    "Give the whole address of the canary file, by http or https: 'http://127.0.0.1:3000/public/canary.txt'.",
  );
}

function milliseconds(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) {
    return value;
  }
  throw wrong('timeout', value, 'Give whole milliseconds, 1 or more.');
}

function wrong(
  option: string,
  value: unknown,
  accepted: string,
): InvalidOptionsError {
  return new InvalidOptionsError(
    `DownloadHealthIndicator.${option}`,
    value,
    accepted,
  );
}
