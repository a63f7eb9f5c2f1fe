import { Readable } from 'node:stream';

import {
  type BlobDownloadResponseParsed,
  BlobSASPermissions,
  BlobServiceClient,
  type BlockBlobClient,
  type ContainerClient,
  StorageSharedKeyCredential,
  type UserDelegationKey,
  RestError,
} from '@azure/storage-blob';

import { parseContentRange, type RangeSpec } from '../http/range.js';
import { type FileStat } from '../storages/file-stat.js';
import {
  type NewObject,
  type ObjectAnswer,
  type ObjectConditions,
  type ObjectStore,
  type SignedPresentation,
  statOfObject,
  type StoreRefusal,
  failureOfConnection,
  refusalByStatus,
} from '../storages/object-store.js';
import { type StorageFailure, quote } from '../errors/download-errors.js';
import { parseHttpDate } from '../http/preconditions.js';

const PART = 8 * 2 ** 20;
/** Seconds that a key for signing is asked for; Azure gives none for longer. */
const DELEGATED = 7 * 24 * 3600;
const ANY = '*';

/**
 * The blobs of a container.
 *
 * @internal
 */
export class AzureBlobs implements ObjectStore {
  readonly partSize = PART;
  #delegation?: Promise<UserDelegationKey>;

  constructor(
    private readonly container: ContainerClient,
    private readonly service: BlobServiceClient = serviceOf(container),
  ) {}

  async head(object: string, signal?: AbortSignal): Promise<FileStat> {
    const blob = this.#blob(object);
    return statOf(await blob.getProperties({ abortSignal: signal }));
  }

  async get(
    object: string,
    { range, signal, ...conditions }: ObjectConditions,
  ): Promise<ObjectAnswer> {
    const { window, ifMatch = conditions.ifMatch } = await this.#windowOf(
      object,
      range,
    );
    const answer = await this.#blob(object).download(
      window?.first ?? 0,
      window && window.last !== Infinity
        ? window.last - window.first + 1
        : undefined,
      { abortSignal: signal, conditions: { ...conditions, ifMatch } },
    );
    const stream = answer.readableStreamBody;
    if (!(stream instanceof Readable)) {
      throw new TypeError('The ContainerClient gives no stream of Node.');
    }
    return answered(answer, stream, window);
  }

  async put(
    object: string,
    bytes: Buffer,
    { contentType, onlyIfFree }: NewObject,
  ): Promise<void> {
    await this.#blob(object).upload(bytes, bytes.length, {
      blobHTTPHeaders: { blobContentType: contentType },
      conditions: { ifNoneMatch: onlyIfFree ? ANY : undefined },
    });
  }

  async upload(
    object: string,
    content: Readable,
    { contentType, onlyIfFree }: NewObject,
  ): Promise<void> {
    await this.#blob(object).uploadStream(content, PART, 1, {
      blobHTTPHeaders: { blobContentType: contentType },
      conditions: { ifNoneMatch: onlyIfFree ? ANY : undefined },
    });
  }

  async remove(object: string): Promise<void> {
    await this.#blob(object).delete({ deleteSnapshots: 'include' });
  }

  async sign(
    object: string,
    { expiresIn, disposition, contentType, cacheControl }: SignedPresentation,
  ): Promise<string> {
    const blob = this.#blob(object);
    const options = {
      permissions: BlobSASPermissions.from({ read: true }),
      expiresOn: new Date(Date.now() + expiresIn * 1000),
      contentDisposition: disposition,
      contentType,
      cacheControl,
    };
    if (this.container.credential instanceof StorageSharedKeyCredential) {
      return blob.generateSasUrl(options);
    }
    const key = await this.#keyUntil(options.expiresOn);
    return blob.generateUserDelegationSasUrl(options, key);
  }

  refusalOf(error: unknown): StoreRefusal {
    return refusalOfAzure(error);
  }

  hasConditionalWrites(): Promise<boolean> {
    return Promise.resolve(true);
  }

  /** Azure has no backslash in a name, and no dot at the end of a segment: it takes another blob for it. */
  faultOf(segments: readonly string[]): string | undefined {
    const isAnother = segments.some((segment) => /\\|\.$/.test(segment));
    return isAnother
      ? 'has a backslash, or a segment that ends with a dot: Azure takes it for another key'
      : undefined;
  }

  #blob(object: string): BlockBlobClient {
    return this.container.getBlockBlobClient(object);
  }

  /** Azure knows no range from the end: where that begins, the size says, and then it is this version's. */
  async #windowOf(
    object: string,
    range: RangeSpec | undefined,
  ): Promise<{
    window?: { first: number; last: number };
    ifMatch?: string;
  }> {
    if (!range || !('suffix' in range)) return { window: range };
    const { size = 0, etag } = await this.head(object);
    if (size === 0 || range.suffix === 0) throw new NothingOfIt();
    const first = Math.max(0, size - range.suffix);
    return { window: { first, last: size - 1 }, ifMatch: etag };
  }

  /** What an application signs with that has no key of the account, but a role. */
  async #keyUntil(expiresOn: Date): Promise<UserDelegationKey> {
    const known = await this.#delegation;
    if (known && known.signedExpiresOn >= expiresOn) return known;
    const now = Date.now();
    const until = new Date(now + DELEGATED * 1000);
    const asked = this.service.getUserDelegationKey(new Date(now), until);
    this.#delegation = asked;
    asked.catch(() => (this.#delegation = undefined));
    return asked;
  }
}

function serviceOf({
  url,
  credential,
  containerName,
}: ContainerClient): BlobServiceClient {
  const account = url.slice(0, url.lastIndexOf(`/${containerName}`));
  return new BlobServiceClient(account, credential);
}

function answered(
  answer: BlobDownloadResponseParsed,
  stream: Readable,
  window: { first: number; last: number } | undefined,
): ObjectAnswer {
  const stat = statOf(answer);
  const part = parseContentRange(answer.contentRange);
  if (part)
    return { stat: { ...stat, size: part.size }, range: part.range, stream };
  // The client of Azure asks for all of it where a range is all of it.
  const { size = 0 } = stat;
  const isAll = window?.first === 0 && size > 0;
  return {
    stat,
    range: isAll ? { start: 0, end: size - 1 } : undefined,
    stream,
  };
}

function statOf(
  facts: Pick<
    BlobDownloadResponseParsed,
    | 'contentEncoding'
    | 'contentLength'
    | 'contentType'
    | 'etag'
    | 'lastModified'
  >,
): FileStat {
  return statOfObject({
    size: facts.contentLength,
    lastModified: facts.lastModified,
    etag: facts.etag,
    contentType: facts.contentType,
    encoding: facts.contentEncoding,
  });
}

/** There is no such range of a blob, as its size says. */
export class NothingOfIt extends Error {}

const BY_CODE: Readonly<Record<string, StorageFailure>> = {
  ContainerNotFound: 'no-bucket',
  ContainerBeingDeleted: 'no-bucket',
  ContainerDisabled: 'no-bucket',
  AuthenticationFailed: 'credentials',
  InvalidAuthenticationInfo: 'credentials',
  NoAuthenticationInformation: 'credentials',
  OperationTimedOut: 'timed-out',
  ServerBusy: 'throttled',
};
const IMPOSSIBLE = new Set([
  'InvalidUri',
  'InvalidResourceName',
  'OutOfRangeInput',
]);
/** Azure has no code of its own for it. */
const CLOCK = /Request date header (?:is )?too old/i;
const GRANT =
  'Grant the role Storage Blob Data Reader, and Contributor for who saves, on the container.';

/**
 * What an error of the ContainerClient means.
 *
 * @internal
 */
export function refusalOfAzure(error: unknown): StoreRefusal {
  if (error instanceof NothingOfIt) {
    return { kind: 'unsatisfiable', text: 'has no such range' };
  }
  if (!(error instanceof RestError) || error.statusCode === undefined) {
    return failureOfConnection(error);
  }
  const { statusCode: status, message } = error;
  const header = error.response?.headers.get('x-ms-error-code');
  const code = header ?? error.code ?? '';
  const text = `the store answers ${status}, ${quote(code)}: ${quote(message)}`;
  if (CLOCK.test(`${message} ${JSON.stringify(error.details ?? '')}`)) {
    return { kind: 'unavailable', reason: 'clock', text };
  }
  const reason = BY_CODE[code];
  if (reason) return { kind: 'unavailable', reason, text };
  if (code === 'BlobAlreadyExists') {
    return { kind: 'precondition-failed', text };
  }
  if (IMPOSSIBLE.has(code)) return { kind: 'missing', text };
  const stat = statOfError(error);
  return refusalByStatus(status, { text, grant: GRANT, stat });
}

function statOfError({ response }: RestError): FileStat {
  const header = (name: string): string | undefined =>
    response?.headers.get(name);
  const etag = header('etag');
  return {
    ...(etag !== undefined && { etag, version: etag }),
    lastModified: parseHttpDate(header('last-modified')),
    size: parseContentRange(header('content-range'))?.size,
  };
}
