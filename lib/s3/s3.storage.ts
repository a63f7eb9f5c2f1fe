import { ObjectStorage } from '../storages/object-storage.js';
import { S3Objects } from './s3-objects.js';
import { checkS3Options, type S3StorageOptions } from './s3-options.js';

/**
 * Files in a bucket of Amazon S3, or of a store that speaks its protocol.
 *
 * ```ts
 * new S3Storage({ client: new S3Client({ region: 'eu-central-1' }), bucket: 'media' })
 * ```
 *
 * Its role needs `s3:GetObject`, `s3:PutObject`, `s3:DeleteObject` and `s3:AbortMultipartUpload` on the objects, and
 * `s3:ListBucket` on the bucket: without that, S3 answers 403 for what is missing, too.
 *
 * @throws InvalidOptionsError for options that are unknown, wrong or missing
 * @publicApi
 */
export class S3Storage extends ObjectStorage {
  constructor(options: S3StorageOptions) {
    super(new S3Objects(checkS3Options(options)), options);
  }
}
