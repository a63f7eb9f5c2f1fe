import { describe, expect, it } from '@jest/globals';
import * as library from 'nestjs-downloadview';
import * as archives from 'nestjs-downloadview/archives';
import * as azure from 'nestjs-downloadview/azure';
import * as csv from 'nestjs-downloadview/csv';
import * as gcs from 'nestjs-downloadview/gcs';
import * as opentelemetry from 'nestjs-downloadview/opentelemetry';
import * as s3 from 'nestjs-downloadview/s3';
import * as swagger from 'nestjs-downloadview/swagger';
import * as terminus from 'nestjs-downloadview/terminus';
import * as testing from 'nestjs-downloadview/testing';
import * as typeorm from 'nestjs-downloadview/typeorm';

// What applications import by name. Add to it; a name that goes or changes is a breaking change.
describe('the public API', () => {
  it('of nestjs-downloadview', () => {
    expect(Object.keys(library).sort()).toEqual([
      'ContentFile',
      'DerivedFile',
      'Download',
      'DownloadController',
      'DownloadError',
      'DownloadEvents',
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
      'TemporaryFile',
      'TemporaryFiles',
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

  it('of nestjs-downloadview/archives', () => {
    expect(Object.keys(archives).sort()).toEqual(['TarFile', 'ZipFile']);
  });

  it('of nestjs-downloadview/azure', () => {
    expect(Object.keys(azure).sort()).toEqual(['AzureBlobStorage']);
  });

  it('of nestjs-downloadview/csv', () => {
    expect(Object.keys(csv).sort()).toEqual(['CsvFile']);
  });

  it('of nestjs-downloadview/gcs', () => {
    expect(Object.keys(gcs).sort()).toEqual(['GoogleCloudStorage']);
  });

  it('of nestjs-downloadview/opentelemetry', () => {
    expect(Object.keys(opentelemetry).sort()).toEqual(['DownloadMetrics']);
  });

  it('of nestjs-downloadview/s3', () => {
    expect(Object.keys(s3).sort()).toEqual(['S3Storage']);
  });

  it('of nestjs-downloadview/swagger', () => {
    expect(Object.keys(swagger).sort()).toEqual([
      'ApiDownload',
      'withDownloads',
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
  it('of nestjs-downloadview/typeorm', () => {
    expect(Object.keys(typeorm).sort()).toEqual([
      'CreateDownloadSlots1797000000000',
      'CreateLimitedLinks1790000000000',
      'DatabaseSlots',
      'DescribeLimitedLinks1795000000000',
      'FileColumn',
      'FileColumnsModule',
      'LimitedLink',
      'LimitedLinkDownloadController',
      'LimitedLinkGrant',
      'LimitedLinks',
      'LimitedLinksModule',
      'NewFile',
      'bindFileColumns',
      'downloadSlotEntities',
      'downloadSlotMigrations',
      'limitedLinkEntities',
      'limitedLinkMigrations',
    ]);
  });
});
