// Amazon S3 and stores that speak its protocol.
export {
  type S3ReadParameters,
  type S3StorageOptions,
  type S3WriteParameters,
} from './s3-options.js';
export { S3Storage } from './s3.storage.js';
