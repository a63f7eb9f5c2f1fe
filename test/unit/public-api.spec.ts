import { describe, expect, it } from '@jest/globals';
import * as library from 'nestjs-downloadview';
import * as terminus from 'nestjs-downloadview/terminus';
import * as testing from 'nestjs-downloadview/testing';

// What applications import by name. Add to it; a name that goes or changes is a breaking change.
describe('the public API', () => {
  it('of nestjs-downloadview', () => {
    expect(Object.keys(library).sort()).toEqual([
      'ContentFile',
      'Download',
      'DownloadController',
      'DownloadError',
      'DownloadExplainer',
      'DownloadModule',
      'DownloadResponse',
      'DownloadStorage',
      'DownloadStorages',
      'FileChangedError',
      'FileNotFoundError',
      'FileSystemStorage',
      'HttpDownloadController',
      'HttpFile',
      'InvalidOptionsError',
      'InvalidSignatureError',
      'LocalFile',
      'MemoryStorage',
      'ObjectDownloadController',
      'PathDownloadController',
      'ProxiedDownloadResponse',
      'RemoteFileError',
      'SerializedFileError',
      'SignedUrl',
      'StorageDownloadController',
      'StorageFile',
      'StorageUnavailableError',
      'SuspiciousPathError',
      'UrlSigner',
      'VirtualDownloadController',
      'VirtualFile',
      'apache',
      'boundToIp',
      'caddy',
      'lighttpd',
      'nginx',
      'redirect',
      'sendfile',
      'signedUrls',
      'stream',
    ]);
  });

  it('of nestjs-downloadview/terminus', () => {
    expect(Object.keys(terminus).sort()).toEqual(['DownloadHealthIndicator']);
  });

  it('of nestjs-downloadview/testing', () => {
    expect(Object.keys(testing).sort()).toEqual([
      'downloadMatchers',
      'expectDownload',
      'expectXAccelRedirect',
      'expectXSendfile',
      'fakeProxy',
      'storageContract',
      'temporaryStorage',
    ]);
  });
});
