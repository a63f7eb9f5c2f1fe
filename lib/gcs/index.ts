// Google Cloud Storage.
export {
  GoogleCloudStorage,
  type GoogleCloudStorageOptions,
} from './google-cloud.storage.js';
