import { describe, expect, it } from '@jest/globals';
import * as library from 'nestjs-downloadview';
import * as testing from 'nestjs-downloadview/testing';

// What applications import by name. Add to it; a name that goes or changes is a breaking change.
describe('the public API', () => {
  it('of nestjs-downloadview', () => {
    expect(Object.keys(library).sort()).toEqual([
      'ContentFile',
      'Download',
      'DownloadController',
      'DownloadError',
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
      'LocalFile',
      'MemoryStorage',
      'ObjectDownloadController',
      'PathDownloadController',
      'ProxiedDownloadResponse',
      'RemoteFileError',
      'SerializedFileError',
      'StorageDownloadController',
      'StorageFile',
      'StorageUnavailableError',
      'SuspiciousPathError',
      'VirtualDownloadController',
      'VirtualFile',
      'nginx',
      'sendfile',
      'stream',
    ]);
  });

  it('of nestjs-downloadview/testing', () => {
    expect(Object.keys(testing).sort()).toEqual([
      'storageContract',
      'temporaryStorage',
    ]);
  });
});
