// Azure Blob Storage.
export {
  AzureBlobStorage,
  type AzureBlobStorageOptions,
} from './azure-blob.storage.js';
