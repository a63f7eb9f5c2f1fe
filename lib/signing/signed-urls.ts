import { type Readable } from 'node:stream';

import { InvalidOptionsError, kindOf } from '../errors/download-errors.js';
import {
  DownloadStorage,
  type SaveOptions,
  type StorageContent,
} from '../storages/download-storage.js';
import {
  type FileStat,
  type ReadWindow,
  type StatOptions,
} from '../storages/file-stat.js';
import { type UrlSigner } from './url-signer.js';

/**
 * A storage whose `url(key)` is a signed link, and `url(key, { expiresIn })` one that works for so many seconds; all else is the storage's own. Its URLs lead to a route of
 * yours with @SignedUrl(), so the storage has to know under which path that is.
 *
 * ```ts
 * DownloadModule.forRoot({
 *   signing: { secrets: [process.env.LINK_SECRET ?? ''] },
 *   storages: {
 *     default: signedUrls(new FileSystemStorage({ root: '/srv/media', baseUrl: '/media/' })),
 *   },
 * })
 * ```
 *
 * The module signs for it: before the boot, and outside of `storages`, its `url()` throws.
 * One that several applications of a process share signs for the last of them.
 *
 * @throws InvalidOptionsError for what is no storage, knows no URLs, or has signed ones already
 * @publicApi
 */
export function signedUrls(storage: DownloadStorage): DownloadStorage {
  if (
    !(storage instanceof DownloadStorage) ||
    storage instanceof SignedUrlStorage
  ) {
    throw new InvalidOptionsError(
      'signedUrls().storage',
      storage instanceof SignedUrlStorage ? 'one of its own' : kindOf(storage),
      'Give an instance of a class that extends DownloadStorage.',
    );
  }
  const url = storage.url?.bind(storage);
  if (url) return new SignedUrlStorage(storage, url);
  throw new InvalidOptionsError(
    'signedUrls().storage',
    storage.constructor.name,
    "It knows no url(key) that could be signed: new FileSystemStorage({ root, baseUrl: '/media/' }).",
  );
}

/**
 * Has the signed storages among these sign by this signer.
 *
 * @throws InvalidOptionsError where there is one, and no `signing`
 * @internal
 */
export function bindSignedUrls(
  storages: Readonly<Record<string, DownloadStorage>>,
  signer: UrlSigner,
): void {
  for (const [name, storage] of Object.entries(storages)) {
    if (!(storage instanceof SignedUrlStorage)) continue;
    signer.requireSigning(`storages.${name}, which is signedUrls(),`);
    storage.bind(signer);
  }
}

class SignedUrlStorage extends DownloadStorage {
  // There only where the storage has them.
  override readonly path?: DownloadStorage['path'];
  override readonly temporaryUrl?: DownloadStorage['temporaryUrl'];
  override readonly hold?: DownloadStorage['hold'];
  override readonly request?: DownloadStorage['request'];
  readonly #storage: DownloadStorage;
  #signer?: UrlSigner;

  constructor(
    storage: DownloadStorage,
    override readonly sourceUrl: (key: string) => string,
  ) {
    super();
    this.#storage = storage;
    this.path = storage.path?.bind(storage);
    this.temporaryUrl = storage.temporaryUrl?.bind(storage);
    this.hold = storage.hold?.bind(storage);
    this.request = storage.request?.bind(storage);
  }

  bind(signer: UrlSigner): void {
    this.#signer = signer;
  }

  /** @throws InvalidOptionsError before the module has bound it, and for an `expiresIn` that is none */
  override url(
    key: string,
    { expiresIn }: { readonly expiresIn?: number } = {},
  ): string {
    if (this.#signer) {
      return this.#signer.sign(
        this.sourceUrl(key),
        expiresIn === undefined ? {} : { expiresIn },
      );
    }
    throw new InvalidOptionsError(
      'signedUrls().url',
      key,
      'It has no signer: name the storage in DownloadModule.forRoot({ storages }), and wait for the boot.',
    );
  }

  override get hasOwnBytes(): boolean {
    return this.#storage.hasOwnBytes;
  }

  override stat(key: string, options?: StatOptions): Promise<FileStat> {
    return this.#storage.stat(key, options);
  }

  override open(key: string, window?: ReadWindow): Promise<Readable> {
    return this.#storage.open(key, window);
  }

  override exists(key: string): Promise<boolean> {
    return this.#storage.exists(key);
  }

  override save(
    key: string,
    content: StorageContent,
    options?: SaveOptions,
  ): Promise<string> {
    return this.#storage.save(key, content, options);
  }

  override delete(key: string): Promise<void> {
    return this.#storage.delete(key);
  }
}
