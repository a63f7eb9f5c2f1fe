// For the tests of applications. No test runner is imported here.

// What an application answers
export { type TestResponse } from './test-response.js';
export { type ExpectedPresentation } from './expectation.js';
export { expectDownload, type ExpectedDownload } from './expect-download.js';
export {
  expectXAccelRedirect,
  type ExpectedXAccelRedirect,
  expectXSendfile,
  type ExpectedXSendfile,
} from './expect-offload.js';
export {
  downloadMatchers,
  type DownloadMatchers,
  type MatcherResult,
} from './download-matchers.js';

// A whole download, without a web server
export {
  fakeProxy,
  type FakeProxy,
  type FakeProxyOptions,
} from './proxy/fake-proxy.js';
export { type ProxiedApplication } from './proxy/proxied-application.js';

// Storages
export {
  type StorageContractOptions,
  type StorageRule,
  storageContract,
} from './storage-contract.js';
export {
  temporaryStorage,
  type TemporaryStorage,
} from './temporary-storage.js';
