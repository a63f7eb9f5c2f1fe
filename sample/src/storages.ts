import { S3Client } from '@aws-sdk/client-s3';
import { type DownloadStorage, FileSystemStorage } from 'nestjs-downloadview';
import { S3Storage } from 'nestjs-downloadview/s3';

import { directories } from './directories.js';

const { S3_BUCKET: bucket, S3_ENDPOINT: endpoint } = process.env;

/** `host` or `host:port` of the store that keeps the documents; none where a directory does. */
export const storeHosts = bucket
  ? [
      endpoint
        ? new URL(endpoint).host
        : `${bucket}.s3.${region()}.amazonaws.com`,
    ]
  : [];

/** Documents lie in a bucket where S3_BUCKET names one, else in a directory. Nothing else depends on it. */
export function storages(): Record<string, DownloadStorage> {
  return {
    default: bucket
      ? new S3Storage({ client: client(), bucket, prefix: 'library/' })
      : new FileSystemStorage({ root: directories.media }),
    public: new FileSystemStorage({ root: directories.public }),
  };
}

/** Credentials come from where the SDK finds them: AWS_ACCESS_KEY_ID and others. */
function client(): S3Client {
  return new S3Client({
    region: region(),
    ...(endpoint && {
      endpoint,
      // Stores beside Amazon's seldom have a name for each bucket, and few know its new checksums.
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_REQUIRED',
    }),
  });
}

function region(): string {
  return process.env.AWS_REGION || 'us-east-1';
}
