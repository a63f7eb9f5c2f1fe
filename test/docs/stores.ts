import { BlobServiceClient } from '@azure/storage-blob';
import { Storage } from '@google-cloud/storage';
import { AzureBlobStorage } from 'nestjs-downloadview/azure';
import { GoogleCloudStorage } from 'nestjs-downloadview/gcs';

export function stores(connection: string) {
  const service = BlobServiceClient.fromConnectionString(connection);
  return {
    azure: new AzureBlobStorage({
      container: service.getContainerClient('media'),
    }),
    google: new GoogleCloudStorage({ bucket: new Storage().bucket('media') }),
  };
}
