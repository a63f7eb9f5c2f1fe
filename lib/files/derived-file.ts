import { channel } from 'node:diagnostics_channel';
import { type Readable } from 'node:stream';

import {
  checkOptions,
  oneOf,
  type OptionChecks,
  wholeNumber,
} from '../errors/check-options.js';
import {
  FileNotFoundError,
  InvalidOptionsError,
  SuspiciousPathError,
  becomesJson,
} from '../errors/download-errors.js';
import { type Awaitable } from '../storages/awaitable.js';
import {
  DownloadStorage,
  type TemporaryUrlOptions,
} from '../storages/download-storage.js';
import { type EtagChoice } from '../storages/etag-choice.js';
import {
  type FileStat,
  type ReadWindow,
  type StatOptions,
} from '../storages/file-stat.js';
import {
  type RemoteAnswer,
  type RemoteConditions,
} from '../storages/remote-answer.js';
import { type DownloadFile } from './download-file.js';
import { DERIVED_CHANNEL, Making, ReportedBytes, tellMade } from './making.js';
import { StorageFile } from './storage-file.js';
import { isContent, type VirtualSource } from './virtual-file-source.js';

/**
 * Options of DerivedFile.
 *
 * @publicApi
 */
export interface DerivedFileOptions {
  /** Where it is kept. */
  readonly storage: DownloadStorage;
  /** Under which key. Let it carry the version of what it is made from: `thumbs/815-3.webp`. */
  readonly key: string;
  /**
   * Makes the content, where the storage does not have it yet. The signal fires when nobody waits for it any
   * more, with `abandoned: 'stop'`.
   */
  readonly make: (
    signal: AbortSignal,
  ) => VirtualSource | Promise<VirtualSource>;
  /** What the client calls it; the last segment of the key by default. */
  readonly name?: string;
  /** Bytes, where they are known: then HEAD does not make it. Another size is an error, and nothing is kept. */
  readonly size?: number;
  /** What becomes of the making when all who waited have left: `finish`, the default, goes on; `stop` ends it. */
  readonly abandoned?: 'finish' | 'stop';
}

const CHECKS: OptionChecks<DerivedFileOptions> = {
  storage: [
    (value) => value instanceof DownloadStorage,
    'Give a storage: storages.get().',
  ],
  key: [
    (value) => typeof value === 'string',
    "Give the key to keep it under: 'thumbs/815-3.webp'.",
  ],
  make: [
    (value) => typeof value === 'function',
    'Give a function that makes the content.',
  ],
  name: [
    (value) => typeof value === 'string',
    'Give a string, or leave it out.',
  ],
  size: wholeNumber(0, 'Give whole bytes, or leave it out.'),
  abandoned: oneOf(
    ['finish', 'stop'],
    "Give 'finish' to make it though all have left, or 'stop'.",
  ),
};

const derived = channel(DERIVED_CHANNEL);

type Hold = NonNullable<DownloadFile['hold']>;

/**
 * A file that is made once, when it is first asked for: a thumbnail, a report, a transcoding. From then on it is
 * a file of the storage, with length, tag and ranges, and a server in front may send it.
 *
 * ```ts
 * new DerivedFile({
 *   storage,
 *   key: `thumbs/${photo.id}-${photo.version}.webp`,
 *   make: () => sharp(photo.path).resize(200).webp().toBuffer(),
 * })
 * ```
 *
 * Who asks meanwhile waits for the one that makes it. Of several processes that make it at once, the first that
 * saves it wins, and the others send that one. What fails keeps nothing, and all who wait are told.
 *
 * @publicApi
 */
export class DerivedFile implements DownloadFile {
  readonly #options: DerivedFileOptions;
  readonly #file: StorageFile;

  /** @throws InvalidOptionsError for options that are wrong */
  constructor(options: DerivedFileOptions) {
    checkOptions('DerivedFile', options, CHECKS, {
      example: '{ storage, key, make }',
      required: ['storage', 'key', 'make'],
    });
    const { storage, key, name } = options;
    this.#options = options;
    this.#file = new StorageFile(storage, key, { name });
  }

  get name(): string {
    return this.#file.name;
  }

  get storage(): DownloadStorage {
    return this.#file.storage;
  }

  get key(): string {
    return this.#file.key;
  }

  get untrusted(): boolean {
    return true;
  }

  get path(): string | undefined {
    return this.#file.path;
  }

  get url(): string | undefined {
    return this.#file.url;
  }

  get sourceUrl(): string | undefined {
    return this.#file.sourceUrl;
  }

  get hasVersions(): boolean {
    return this.#file.hasVersions;
  }

  get hasOwnBytes(): boolean {
    return this.#file.hasOwnBytes;
  }

  get temporaryUrl():
    ((options: TemporaryUrlOptions) => Promise<string>) | undefined {
    const { temporaryUrl } = this.#file;
    return (
      temporaryUrl &&
      (async (options) => {
        await this.stat();
        return temporaryUrl(options);
      })
    );
  }

  get request():
    ((conditions: RemoteConditions) => Promise<RemoteAnswer>) | undefined {
    const { request } = this.#file;
    return (
      request &&
      ((conditions) =>
        this.#orMade(() => request(conditions), conditions.signal))
    );
  }

  get hold(): Hold | undefined {
    const hold: Hold | undefined = this.#file.hold?.bind(this.#file);
    return (
      hold && ((options) => this.#orMade(() => hold(options), options?.signal))
    );
  }

  stat(options?: StatOptions): Promise<FileStat> {
    return this.#orMade(() => this.#file.stat(options), options?.signal);
  }

  /**
   * The same, where the file is there; else its size, if that is known.
   *
   * @internal
   */
  async statUnmade(options?: StatOptions): Promise<FileStat> {
    const { size } = this.#options;
    if (size === undefined) return this.stat(options);
    try {
      return await this.#file.stat(options);
    } catch (error) {
      if (isMissing(error)) return { size };
      throw error;
    }
  }

  open(window?: ReadWindow): Promise<Readable> {
    return this.#orMade(() => this.#file.open(window), window?.signal);
  }

  /** Removes what is kept; the next one that asks has it made again. One that is being made is waited for. */
  async forget(): Promise<void> {
    await Making.of(this.storage, this.key)?.end();
    await this.storage.delete(this.key);
  }

  /** @internal */
  tagBy(fallback: EtagChoice): void {
    this.#file.tagBy(fallback);
  }

  /** Name, size and URL: enough for a list of files, and never where the file lies. */
  toJSON(): unknown {
    becomesJson();
    return this.#file.toJSON();
  }

  async #orMade<T>(ask: () => Awaitable<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    const { storage, key, abandoned } = this.#options;
    const making = Making.begin(storage, key, (left) => this.#make(left));
    await making.wait(abandoned === 'stop', signal);
    return ask();
  }

  async #make(signal: AbortSignal): Promise<void> {
    const began = performance.now();
    try {
      await this.#kept(signal);
      tellMade(derived, began);
    } catch (error) {
      tellMade(derived, began, error);
      throw error;
    }
  }

  async #kept(signal: AbortSignal): Promise<void> {
    const { storage, key, make, size } = this.#options;
    const source = await make(signal);
    const content =
      typeof source === 'function' ? await source(signal) : source;
    if (!isContent(content)) {
      throw new InvalidOptionsError(
        'DerivedFile.make',
        content,
        'It must give text, bytes, a stream, an iterable or an async iterable of them.',
      );
    }
    const bytes = new ReportedBytes(content, signal, size);
    try {
      const saved = await storage.save(key, bytes, { ifTaken: 'keep' });
      if (saved !== key) await this.#refuseSuffix(saved);
    } catch (error) {
      // A storage may say that it could not save, where it was the content that failed.
      throw bytes.failure ?? error;
    }
  }

  async #refuseSuffix(saved: string): Promise<void> {
    const { storage, key } = this.#options;
    await storage.delete(saved);
    if (await storage.exists(key)) return;
    throw new InvalidOptionsError(
      'DerivedFile.storage',
      saved,
      'Its save() must keep a file under the key that it is given; this one puts a suffix to it.',
    );
  }
}

/** A key that no file can have is not made either. */
function isMissing(error: unknown): boolean {
  return (
    error instanceof FileNotFoundError &&
    !(error instanceof SuspiciousPathError)
  );
}
