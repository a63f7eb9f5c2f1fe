import { type Bucket } from '@google-cloud/storage';

import { checkOptions, type OptionChecks } from '../errors/check-options.js';
import { kindOf } from '../errors/download-errors.js';
import { ObjectStorage } from '../storages/object-storage.js';
import { A_PREFIX, AN_ADDRESS } from '../storages/object-store.js';
import { GoogleObjects } from './google-objects.js';

/**
 * Options of GoogleCloudStorage.
 *
 * @publicApi
 */
export interface GoogleCloudStorageOptions {
  /** The bucket of your own client. Temporary addresses need credentials that can sign. */
  readonly bucket: Bucket;
  /** What stands before every key in the bucket: `media/`. None by default. */
  readonly prefix?: string;
  /** What stands before the key in `url(key)`, for a bucket that everybody may read. */
  readonly baseUrl?: string;
}

const CHECKS: OptionChecks<GoogleCloudStorageOptions> = {
  bucket: [
    (value) => typeof value === 'object' && value !== null && 'file' in value,
    "Give a Bucket: new Storage().bucket('media').",
  ],
  prefix: A_PREFIX,
  baseUrl: AN_ADDRESS,
};

/**
 * Files in a bucket of Google Cloud Storage.
 *
 * ```ts
 * new GoogleCloudStorage({ bucket: new Storage().bucket('media') })
 * ```
 *
 * Its tag is the generation of the object.
 *
 * @throws InvalidOptionsError for options that are unknown, wrong or missing
 * @publicApi
 */
export class GoogleCloudStorage extends ObjectStorage {
  constructor(options: GoogleCloudStorageOptions) {
    checkOptions('GoogleCloudStorage', options, CHECKS, {
      example: "{ bucket: new Storage().bucket('media') }",
      required: ['bucket'],
      shown: kindOf,
    });
    super(new GoogleObjects(options.bucket), options);
  }
}
