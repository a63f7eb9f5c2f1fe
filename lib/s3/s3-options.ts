import {
  type GetObjectCommandInput,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';

import {
  checkOptions,
  type OptionChecks,
  TRUE_OR_FALSE,
  wholeNumber,
} from '../errors/check-options.js';
import { kindOf } from '../errors/download-errors.js';
import { A_PREFIX, AN_ADDRESS } from '../storages/object-store.js';

/**
 * What goes along with every object that is written: metadata, storage class, encryption.
 *
 * @publicApi
 */
export type S3WriteParameters = Omit<
  PutObjectCommandInput,
  'Bucket' | 'Key' | 'Body' | 'IfNoneMatch'
>;

/**
 * What goes along with every object that is read, such as the key of its encryption.
 *
 * @publicApi
 */
export type S3ReadParameters = Pick<
  GetObjectCommandInput,
  | 'ExpectedBucketOwner'
  | 'RequestPayer'
  | 'SSECustomerAlgorithm'
  | 'SSECustomerKey'
  | 'SSECustomerKeyMD5'
>;

/**
 * Options of S3Storage.
 *
 * @publicApi
 */
export interface S3StorageOptions {
  /** Your own client: endpoint, region and credentials are its affair. */
  readonly client: S3Client;
  readonly bucket: string;
  /** What stands before every key in the bucket: `media/`. None by default. */
  readonly prefix?: string;
  /** Signs the temporary addresses where clients see the store under another one; `client` by default. */
  readonly urlClient?: S3Client;
  /** What stands before the key in `url(key)`, for a bucket that everybody may read. */
  readonly baseUrl?: string;
  /**
   * Whether the store heeds `If-None-Match: *` on PutObject. By default it is asked once, before the first file
   * is saved, by an empty object that is put twice and deleted. Where it does not, every new file gets a
   * suffix.
   */
  readonly conditionalWrites?: boolean;
  /**
   * How many connections the client may have, each of which a running download keeps; its own number by
   * default, which is 50. It is set on `client`.
   */
  readonly maxSockets?: number;
  /**
   * Bytes of a part of what is too long to be sent at once; 8 MiB by default, and at least 5 MiB. Ten thousand
   * parts are the most that S3 takes.
   */
  readonly partSize?: number;
  readonly writeParameters?: S3WriteParameters;
  readonly readParameters?: S3ReadParameters;
}

const SMALLEST_PART = 5 * 2 ** 20;

const CHECKS: OptionChecks<S3StorageOptions> = {
  client: [isClient, 'Give your S3Client.'],
  bucket: [
    (value) => typeof value === 'string' && value !== '',
    'Give the name of the bucket.',
  ],
  prefix: A_PREFIX,
  urlClient: [isClient, 'Give an S3Client.'],
  baseUrl: AN_ADDRESS,
  conditionalWrites: TRUE_OR_FALSE,
  maxSockets: wholeNumber(1, 'Give how many connections the client may have.'),
  partSize: wholeNumber(
    SMALLEST_PART,
    `Give bytes, at least ${SMALLEST_PART} (5 MiB).`,
  ),
  writeParameters: [isObject, 'Give parameters of PutObjectCommand.'],
  readParameters: [isObject, 'Give parameters of GetObjectCommand.'],
};

/**
 * @throws InvalidOptionsError
 * @internal
 */
export function checkS3Options(options: S3StorageOptions): S3StorageOptions {
  checkOptions('S3Storage', options, CHECKS, {
    example: "{ client: new S3Client({}), bucket: 'media' }",
    required: ['client', 'bucket'],
    shown: kindOf,
  });
  return options;
}

function isClient(value: unknown): boolean {
  return isObject(value) && 'send' in value && 'config' in value;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
