import { S3Client } from '@aws-sdk/client-s3';
import { Module } from '@nestjs/common';
import { DownloadModule, StorageDownloadController } from 'nestjs-downloadview';
import { S3Storage } from 'nestjs-downloadview/s3';

@Module({
  imports: [
    DownloadModule.forRoot({
      storages: {
        default: new S3Storage({
          client: new S3Client({ region: 'eu-central-1' }),
          bucket: 'media',
          prefix: 'documents/',
        }),
      },
    }),
  ],
  controllers: [StorageDownloadController.asController('media/*path')],
})
export class BucketModule {}
