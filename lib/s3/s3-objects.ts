import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';

import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

import { parseContentRange, rangeField } from '../http/range.js';
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
import {
  type S3ReadParameters,
  type S3StorageOptions,
  type S3WriteParameters,
} from './s3-options.js';
import { Sockets } from './s3-sockets.js';
import { type StorageFailure, quote } from '../errors/download-errors.js';
import { parseHttpDate } from '../http/preconditions.js';

const PART = 8 * 2 ** 20;

/**
 * The objects of a bucket, by an S3Client.
 *
 * @internal
 */
export class S3Objects implements ObjectStore {
  readonly partSize: number;
  readonly #client: S3Client;
  readonly #urlClient: S3Client;
  readonly #bucket: string;
  readonly #probePrefix: string;
  readonly #writeParameters: S3WriteParameters;
  readonly #readParameters: S3ReadParameters;
  readonly #sockets: Sockets;
  #conditionalWrites?: Promise<boolean>;

  constructor({
    client,
    urlClient = client,
    bucket,
    prefix = '',
    partSize = PART,
    ...options
  }: S3StorageOptions) {
    this.partSize = partSize;
    this.#client = client;
    this.#urlClient = urlClient;
    this.#bucket = bucket;
    this.#probePrefix = prefix.replace(/[^/]$/, '$&/');
    this.#writeParameters = options.writeParameters ?? {};
    this.#readParameters = options.readParameters ?? {};
    this.#sockets = new Sockets(client, options.maxSockets);
    if (options.conditionalWrites !== undefined) {
      this.#conditionalWrites = Promise.resolve(options.conditionalWrites);
    }
  }

  async head(object: string, signal?: AbortSignal): Promise<FileStat> {
    const command = new HeadObjectCommand({
      ...this.#reading(object),
      ChecksumMode: 'ENABLED',
    });
    try {
      const answer = await this.#sockets.after(
        this.#client.send(command, { abortSignal: signal }),
      );
      return statOfOutput(answer);
    } catch (error) {
      // The answer to HEAD has no body that would say why.
      if (statusOf(error) === 403) await this.#sayWhy(object);
      throw error;
    }
  }

  async get(
    object: string,
    { range, signal, ...conditions }: ObjectConditions,
  ): Promise<ObjectAnswer> {
    const command = new GetObjectCommand({
      ...this.#reading(object),
      Range: range && rangeField(range),
      IfMatch: conditions.ifMatch,
      IfUnmodifiedSince: conditions.ifUnmodifiedSince,
      IfNoneMatch: conditions.ifNoneMatch,
      IfModifiedSince: conditions.ifModifiedSince,
    });
    const answer = await this.#sockets.after(
      this.#client.send(command, { abortSignal: signal }),
    );
    if (!(answer.Body instanceof Readable)) {
      throw new TypeError('The S3Client gives no stream of Node.');
    }
    const part = parseContentRange(answer.ContentRange);
    const stat = statOfOutput(answer);
    return {
      stat: part ? { ...stat, size: part.size } : stat,
      range: part?.range,
      stream: answer.Body,
    };
  }

  async put(
    object: string,
    bytes: Buffer,
    { contentType, onlyIfFree }: NewObject,
  ): Promise<void> {
    const command = new PutObjectCommand({
      ...this.#writing(object, contentType),
      Body: bytes,
      ContentLength: bytes.length,
      IfNoneMatch: onlyIfFree ? '*' : undefined,
    });
    await this.#sockets.after(this.#client.send(command));
  }

  async upload(
    object: string,
    content: Readable,
    { contentType, onlyIfFree }: NewObject,
  ): Promise<void> {
    const upload = new Upload({
      client: this.#client,
      params: {
        ...this.#writing(object, contentType),
        Body: content,
        IfNoneMatch: onlyIfFree ? '*' : undefined,
      },
      queueSize: 1,
      partSize: this.partSize,
      leavePartsOnError: false,
    });
    await this.#sockets.after(upload.done());
  }

  async remove(object: string): Promise<void> {
    const command = new DeleteObjectCommand(this.#reading(object));
    await this.#sockets.after(this.#client.send(command));
  }

  sign(
    object: string,
    { expiresIn, disposition, contentType, cacheControl }: SignedPresentation,
  ): Promise<string> {
    const command = new GetObjectCommand({
      ...this.#reading(object),
      ResponseContentDisposition: disposition,
      ResponseContentType: contentType,
      ResponseCacheControl: cacheControl,
    });
    return getSignedUrl(this.#urlClient, command, { expiresIn });
  }

  refusalOf(error: unknown): StoreRefusal {
    return refusalOfS3(error);
  }

  hasConditionalWrites(): Promise<boolean> {
    this.#conditionalWrites ??= this.#probed().catch((error: unknown) => {
      this.#conditionalWrites = undefined;
      throw error;
    });
    return this.#conditionalWrites;
  }

  /** Some stores refuse the condition, and some read over it. */
  async #probed(): Promise<boolean> {
    const object = `${this.#probePrefix}probe-${randomBytes(12).toString('hex')}`;
    const put = (): Promise<void> =>
      this.put(object, Buffer.alloc(0), { onlyIfFree: true });
    try {
      await put();
    } catch (error) {
      if (statusOf(error) === 501) return false;
      throw error;
    }
    try {
      await put();
      return false;
    } catch (error) {
      const { kind } = this.refusalOf(error);
      if (kind === 'precondition-failed' || kind === 'conflict') return true;
      throw error;
    } finally {
      await this.remove(object).catch(() => undefined);
    }
  }

  /** @throws what the store says to GET */
  async #sayWhy(object: string): Promise<void> {
    const { stream } = await this.get(object, { range: { first: 0, last: 0 } });
    stream.destroy();
  }

  #reading(object: string): S3ReadParameters & { Bucket: string; Key: string } {
    return { ...this.#readParameters, Bucket: this.#bucket, Key: object };
  }

  #writing(
    object: string,
    contentType: string | undefined,
  ): S3WriteParameters & { Bucket: string; Key: string } {
    return {
      ContentType: contentType,
      ...this.#writeParameters,
      Bucket: this.#bucket,
      Key: object,
    };
  }
}

/** A checksum of the parts of an upload is none of the bytes. */
function statOfOutput(
  output: Pick<
    GetObjectCommandOutput,
    | 'ChecksumCRC32'
    | 'ChecksumSHA256'
    | 'ChecksumType'
    | 'ContentEncoding'
    | 'ContentLength'
    | 'ContentType'
    | 'ETag'
    | 'LastModified'
  >,
): FileStat {
  const isOfAll = output.ChecksumType === 'FULL_OBJECT';
  return statOfObject({
    size: output.ContentLength,
    lastModified: output.LastModified,
    etag: output.ETag,
    contentType: output.ContentType,
    encoding: output.ContentEncoding,
    sha256: isOfAll ? output.ChecksumSHA256 : undefined,
    crc32: isOfAll ? output.ChecksumCRC32 : undefined,
  });
}

/** What is wrong by the code of the error, whatever its status. */
const BY_CODE: Readonly<Record<string, StorageFailure>> = {
  NoSuchBucket: 'no-bucket',
  RequestTimeTooSkewed: 'clock',
  ExpiredToken: 'credentials',
  ExpiredTokenException: 'credentials',
  InvalidAccessKeyId: 'credentials',
  InvalidToken: 'credentials',
  SignatureDoesNotMatch: 'credentials',
  TokenRefreshRequired: 'credentials',
  RequestTimeout: 'timed-out',
  RequestLimitExceeded: 'throttled',
  SlowDown: 'throttled',
  ThrottlingException: 'throttled',
  TooManyRequestsException: 'throttled',
};
/** Keys that no object of the store can have. */
const IMPOSSIBLE = new Set(['KeyTooLongError', 'InvalidURI']);
const CONFLICTS = new Set(['ConditionalRequestConflict', 'OperationAborted']);
const GRANT =
  'It is missing, or the role may not read it: grant s3:GetObject on the objects, and s3:ListBucket on the ' +
  'bucket, without which S3 says the same of what is missing.';

/**
 * What an error of the S3Client means.
 *
 * @internal
 */
export function refusalOfS3(error: unknown): StoreRefusal {
  const status = statusOf(error);
  if (!(error instanceof S3ServiceException) || status === undefined) {
    return failureOfConnection(error);
  }
  const { name, message } = error;
  const text = `the store answers ${status}, ${quote(name)}: ${quote(message)}`;
  const reason = BY_CODE[name];
  if (reason) return { kind: 'unavailable', reason, text };
  if (name === 'InvalidObjectState') return { kind: 'unavailable', text };
  if (IMPOSSIBLE.has(name)) return { kind: 'missing', text };
  if (CONFLICTS.has(name)) return { kind: 'conflict', text };
  const stat = statOfError(error);
  return refusalByStatus(status, { text, grant: GRANT, stat });
}

/**
 * @internal
 */
export function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException
    ? error.$metadata.httpStatusCode
    : undefined;
}

/** 304 and 416 come as errors, and say something of the object all the same. */
function statOfError({ $response }: S3ServiceException): FileStat {
  const headers = $response?.headers ?? {};
  const { etag } = headers;
  return {
    ...(etag !== undefined && { etag, version: etag }),
    lastModified: parseHttpDate(headers['last-modified']),
    size: parseContentRange(headers['content-range'])?.size,
  };
}
