import {
  type BlobServiceClient,
  type ContainerClient,
} from '@azure/storage-blob';

import { checkOptions, type OptionChecks } from '../errors/check-options.js';
import { kindOf } from '../errors/download-errors.js';
import { A_PREFIX, AN_ADDRESS } from '../storages/object-store.js';
import { ObjectStorage } from '../storages/object-storage.js';
import { AzureBlobs } from './azure-blobs.js';

/**
 * Options of AzureBlobStorage.
 *
 * @publicApi
 */
export interface AzureBlobStorageOptions {
  /**
   * Your own client of the container. With the key of its account it signs temporary addresses itself; with a
   * TokenCredential its role needs to be Storage Blob Delegator, too.
   */
  readonly container: ContainerClient;
  /**
   * Asks for the key that temporary addresses are signed with, where `container` has a TokenCredential; one with
   * the same credential by default.
   */
  readonly service?: BlobServiceClient;
  /** What stands before every key in the container: `media/`. None by default. */
  readonly prefix?: string;
  /** What stands before the key in `url(key)`, for a container that everybody may read. */
  readonly baseUrl?: string;
}

const CHECKS: OptionChecks<AzureBlobStorageOptions> = {
  container: [
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      'getBlockBlobClient' in value,
    'Give a ContainerClient.',
  ],
  service: [
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      'getUserDelegationKey' in value,
    'Give a BlobServiceClient.',
  ],
  prefix: A_PREFIX,
  baseUrl: AN_ADDRESS,
};

/**
 * Files in a container of Azure Blob Storage.
 *
 * ```ts
 * const service = BlobServiceClient.fromConnectionString(process.env.AZURE_STORAGE_CONNECTION_STRING ?? '');
 * new AzureBlobStorage({ container: service.getContainerClient('media') })
 * ```
 *
 * Keys with a backslash, or with a segment that ends with a dot, are refused: Azure reads others in their place.
 *
 * @throws InvalidOptionsError for options that are unknown, wrong or missing
 * @publicApi
 */
export class AzureBlobStorage extends ObjectStorage {
  constructor(options: AzureBlobStorageOptions) {
    checkOptions('AzureBlobStorage', options, CHECKS, {
      example: "{ container: service.getContainerClient('media') }",
      required: ['container'],
      shown: kindOf,
    });
    super(new AzureBlobs(options.container, options.service), options);
  }
}
