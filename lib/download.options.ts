import { type DownloadBackend } from './responses/download-backend.js';
import {
  checkConcurrent,
  type ConcurrentOptions,
} from './responses/concurrent-options.js';
import { LIMIT_RATE } from './responses/presentation.js';
import { stream } from './backends/stream.backend.js';
import {
  checkCompletions,
  type CompletionsOptions,
} from './completions/download-completions.js';
import {
  checkTemporaryFiles,
  type TemporaryFilesOptions,
} from './files/temporary-files.js';
import { InvalidOptionsError, kindOf } from './errors/download-errors.js';
import { isCharset, parseMediaType } from './http/media-type.js';
import {
  type CheckedSigning,
  checkSigning,
  type SigningOptions,
} from './signing/signing-options.js';
import {
  checkEtagChoice,
  type Etag,
  type EtagChoice,
} from './storages/etag-choice.js';
import { DownloadStorage } from './storages/download-storage.js';

/**
 * Options of DownloadModule.forRoot().
 *
 * @publicApi
 */
export interface DownloadModuleOptions {
  /** The server in front, if it can send files: nginx({ ... }). By default the application sends them. */
  readonly backend?: DownloadBackend;
  /** Where files live, by name; `default` is used where none is named. */
  readonly storages?: Readonly<Record<string, DownloadStorage>>;
  /** How links are signed; without it there are none. */
  readonly signing?: SigningOptions;
  /** Cache-Control of downloads; `private, no-cache, no-transform` by default. */
  readonly cacheControl?: string;
  /**
   * The charset that text has where nobody knows one: `utf-8` by default, false for none. What is made of
   * strings is UTF-8 in any case, and what another server calls its files stands.
   */
  readonly charset?: string | false;
  /**
   * How the entity tags of files on disks are made, where neither the file, its controller nor its storage
   * says: `'inode'` by default, which no two copies share. Several instances that have copies of the same
   * files agree by `'time'` or `'content'`.
   */
  readonly etag?: Etag;
  /** Bytes above which `etag: 'content'` is `'time'`; 1 GiB by default. */
  readonly contentTagLimit?: number;
  /** `allow`: the media types that may be shown inline; it replaces the default list. */
  readonly inline?: { readonly allow?: readonly string[] };
  /** Milliseconds that running downloads get when the application shuts down; 10,000 by default. */
  readonly shutdownTimeout?: number;
  /** Whether pages of other origins may read a download's name, length and tag; false by default. */
  readonly exposeHeaders?: boolean;
  /**
   * Whether every download says in the header `X-Download-Explain` who sends it and why; false by default.
   * It names backend, rule and internal location: for finding out what is wrong, not for good.
   */
  readonly explain?: boolean;
  /**
   * Bytes a second that a client gets at most, for one answer: whole, 1 or more; false for no limit. By default the
   * backend's own. A controller, a handler and a response may say otherwise.
   */
  readonly limitRate?: number | false;
  /**
   * How many downloads may go on at once for one client: the next is 429 with Retry-After. What is handed to the
   * server in front counts until its completion, or until that is given up; without `completions` only until it is
   * handed over. A controller, a handler and a response may have their own.
   */
  readonly concurrent?: ConcurrentOptions;
  /**
   * Where the server in front says what became of the files that it was handed. With it, `handed-over` in
   * DownloadEvents is followed by what the server did.
   */
  readonly completions?: CompletionsOptions;
  /** Where `TemporaryFiles` makes files that go away when they were downloaded. */
  readonly temporaryFiles?: TemporaryFilesOptions;
  /**
   * Whose answers the module looks at. `'all'`, the default: those of every route, so that any handler may return
   * `sendfile()`. `'downloads'`: those of the controllers that have a `DownloadController` among their base classes,
   * or a handler with `@Download()` or `@SignedUrl()`. All other routes then have no interceptor of ours in their
   * way, and a download that they return is 500, with a line in the log.
   */
  readonly intercept?: 'all' | 'downloads';
}

/**
 * The options after their check: complete.
 *
 * @internal
 */
export interface CheckedDownloadOptions {
  readonly backend: DownloadBackend;
  readonly storages: Readonly<Record<string, DownloadStorage>>;
  readonly signing?: CheckedSigning;
  readonly cacheControl?: string;
  readonly charset?: string;
  readonly tags?: EtagChoice;
  readonly inlineTypes?: readonly string[];
  readonly shutdownTimeout: number;
  readonly exposeHeaders: boolean;
  readonly explain: boolean;
  readonly completions?: CompletionsOptions;
  readonly limitRate?: number | false;
  readonly temporaryFiles?: TemporaryFilesOptions;
  readonly concurrent?: ConcurrentOptions;
  readonly intercept: 'all' | 'downloads';
}

/**
 * Injection token of the checked options.
 *
 * @internal
 */
export const DOWNLOAD_OPTIONS = Symbol('nestjs-downloadview:options');

const KNOWN: readonly (keyof DownloadModuleOptions)[] = [
  'backend',
  'storages',
  'signing',
  'cacheControl',
  'inline',
  'shutdownTimeout',
  'exposeHeaders',
  'explain',
  'completions',
  'temporaryFiles',
  'charset',
  'etag',
  'contentTagLimit',
  'limitRate',
  'concurrent',
  'intercept',
];

const INLINE = "Give an object: { allow: ['image/png', 'application/pdf'] }.";

/**
 * Checks what the module was given.
 *
 * @throws InvalidOptionsError that names the option, what it was and what is accepted
 * @internal
 */
export function checkDownloadOptions(
  options: DownloadModuleOptions = {},
): CheckedDownloadOptions {
  if (!isObject(options)) {
    throw new InvalidOptionsError('options', options, 'Give an object.');
  }
  for (const [name, value] of Object.entries(options)) {
    if (!KNOWN.some((known) => known === name)) {
      throw new InvalidOptionsError(
        name,
        kindOf(value), // it may be a secret, under a name that is misspelt
        `DownloadModule knows ${KNOWN.join(', ')}.`,
      );
    }
  }
  return {
    backend: backend(options.backend),
    storages: storages(options.storages),
    signing: checkSigning(options.signing),
    cacheControl: cacheControl(options.cacheControl),
    charset: charset(options.charset),
    tags: tags(options),
    inlineTypes: inlineTypes(options.inline),
    shutdownTimeout: milliseconds(options.shutdownTimeout),
    exposeHeaders: flag('exposeHeaders', options.exposeHeaders),
    explain: flag('explain', options.explain),
    completions: checkCompletions(options.completions),
    limitRate: limitRate(options.limitRate),
    temporaryFiles: checkTemporaryFiles(options.temporaryFiles),
    concurrent: concurrent(options.concurrent),
    intercept: intercept(options.intercept),
  };
}

function backend(value: DownloadBackend = stream()): DownloadBackend {
  if (isObject(value) && typeof value.proxy === 'function') return value;
  throw new InvalidOptionsError(
    'backend',
    value,
    'Give a backend: stream() or nginx({ rules: [...] }).',
  );
}

function storages(
  value: Readonly<Record<string, DownloadStorage>> = {},
): Readonly<Record<string, DownloadStorage>> {
  if (!isObject(value)) {
    throw new InvalidOptionsError(
      'storages',
      value,
      'Give an object: { default: new FileSystemStorage({ root }) }.',
    );
  }
  for (const [name, storage] of Object.entries(value)) {
    if (!(storage instanceof DownloadStorage)) {
      throw new InvalidOptionsError(
        `storages.${name}`,
        storage,
        'Give an instance of a class that extends DownloadStorage.',
      );
    }
  }
  return value;
}

function cacheControl(value: string | undefined): string | undefined {
  if (value === undefined) return value;
  if (typeof value === 'string' && /^[\x20-\x7e]+$/.test(value)) return value;
  throw new InvalidOptionsError(
    'cacheControl',
    value,
    "Give a value of Cache-Control: 'private, max-age=60'.",
  );
}

function charset(value: string | false = 'utf-8'): string | undefined {
  if (value === false) return undefined;
  if (isCharset(value)) return value;
  throw new InvalidOptionsError(
    'charset',
    value,
    "Give the name of a charset, 'utf-8', or false for none.",
  );
}

function tags({
  etag,
  contentTagLimit,
}: DownloadModuleOptions): EtagChoice | undefined {
  checkEtagChoice('', { etag, contentTagLimit });
  return etag === undefined && contentTagLimit === undefined
    ? undefined
    : { etag, contentTagLimit };
}

function inlineTypes(
  value: DownloadModuleOptions['inline'] = {},
): readonly string[] | undefined {
  if (!isObject(value)) {
    throw new InvalidOptionsError('inline', value, INLINE);
  }
  const { allow, ...unknown } = value;
  for (const [name, given] of Object.entries(unknown)) {
    throw new InvalidOptionsError(`inline.${name}`, given, INLINE);
  }
  if (allow === undefined || isMediaTypes(allow)) return allow;
  throw new InvalidOptionsError(
    'inline.allow',
    allow,
    "Give exact media types, without wildcards and parameters: ['image/png', 'application/pdf'].",
  );
}

function isMediaTypes(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.every((type: unknown) => {
      const text = String(type);
      return parseMediaType(text)?.type === text.toLowerCase();
    })
  );
}

function milliseconds(value = 10_000): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidOptionsError(
    'shutdownTimeout',
    value,
    'Give whole milliseconds, 0 or more.',
  );
}

function limitRate(
  value: number | false | undefined,
): number | false | undefined {
  const [holds, accepted] = LIMIT_RATE;
  if (value === undefined || holds(value)) return value;
  throw new InvalidOptionsError('limitRate', value, accepted);
}

function concurrent(
  value: ConcurrentOptions | undefined,
): ConcurrentOptions | undefined {
  if (value !== undefined) checkConcurrent('concurrent', value);
  return value;
}

function intercept(
  value: DownloadModuleOptions['intercept'] = 'all',
): CheckedDownloadOptions['intercept'] {
  if (value === 'all' || value === 'downloads') return value;
  throw new InvalidOptionsError(
    'intercept',
    value,
    "Give 'all', or 'downloads' for the controllers that have downloads alone.",
  );
}

function flag(option: string, value = false): boolean {
  if (typeof value === 'boolean') return value;
  throw new InvalidOptionsError(option, value, 'Give true or false.');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
