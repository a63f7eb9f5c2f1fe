// For the tests of applications. No test runner is imported here.
export { type StorageRule, storageContract } from './storage-contract.js';
export {
  temporaryStorage,
  type TemporaryStorage,
} from './temporary-storage.js';
