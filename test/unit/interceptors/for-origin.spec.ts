import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

import { describe, expect, it } from '@jest/globals';
import {
  type DownloadFile,
  DownloadResponse,
  type DownloadResponseOptions,
  HttpFile,
  MemoryStorage,
  type RemoteAnswer,
  StorageFile,
} from 'nestjs-downloadview';

import { DescribedFile } from '../../../lib/files/download-file.js';
import { isForOrigin } from '../../../lib/interceptors/answer-remote.js';
import {
  announcedOn,
  platformResponse,
} from '../../../lib/streaming/response-head.js';

class AnsweringStorage extends MemoryStorage {
  request(): Promise<RemoteAnswer> {
    return Promise.reject(new Error('Not asked'));
  }
}

const ofStore = new StorageFile(new AnsweringStorage(), 'a.txt');
const elsewhere = new HttpFile('http://files.example/a', {
  allowedHosts: ['files.example'],
});
const DATE = 'Sat, 01 Mar 2025 10:00:00 GMT';

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly options?: DownloadResponseOptions;
  /** What the application has set on the response. */
  readonly set?: Record<string, string>;
}

function isAsked(
  file: DownloadFile,
  { method = 'GET', headers = {}, options, set = {} }: Asked,
): boolean {
  const raw = new ServerResponse(new IncomingMessage(new Socket()));
  for (const [name, value] of Object.entries(set)) raw.setHeader(name, value);
  const response = platformResponse(raw);
  const download = new DownloadResponse(file, options);
  download.announce(announcedOn(response));
  return (
    download.file.request !== undefined &&
    isForOrigin(download, { method, headers, status: 200 })
  );
}

describe('a file of a store that answers requests itself', () => {
  it.each<[what: string, asked: Asked]>([
    ['all of it', {}],
    ['one range', { headers: { range: 'bytes=0-1' } }],
    ['If-Range', { headers: { range: 'bytes=0-1', 'if-range': '"a"' } }],
    ['If-None-Match', { headers: { 'if-none-match': '"a", W/"b"' } }],
    ['If-Modified-Since', { headers: { 'if-modified-since': DATE } }],
    ['the answer to POST', { method: 'POST' }],
    ['an own type', { options: { headers: { 'Content-Type': 'a/b' } } }],
  ])('is asked for %s', (_, asked) => {
    expect(isAsked(ofStore, asked)).toBe(true);
  });

  it.each<[what: string, asked: Asked]>([
    ['HEAD', { method: 'HEAD' }],
    ['several ranges', { headers: { range: 'bytes=0-1,4-5' } }],
    ['If-Match', { headers: { 'if-match': '"a"' } }],
    ['If-Unmodified-Since', { headers: { 'if-unmodified-since': DATE } }],
    ['a tag of the answer', { options: { headers: { etag: '"own"' } } }],
    ['a tag set already', { set: { etag: '"own"' } }],
    [
      'a date of the answer',
      { options: { headers: { 'Last-Modified': DATE } } },
    ],
    ['a hook', { options: { wasModifiedSince: () => true } }],
  ])('is described and opened for %s', (_, asked) => {
    expect(isAsked(ofStore, asked)).toBe(false);
  });

  it('is not asked where a row gives it a tag or a date', () => {
    const described = (facts: object): DescribedFile =>
      new DescribedFile(ofStore, facts);
    expect(described({ contentType: 'text/plain' }).request).toBeDefined();
    expect(described({ etag: '"row"' }).request).toBeUndefined();
    expect(described({ lastModified: new Date() }).request).toBeUndefined();
  });

  it('keeps its version where a row gives it a tag', async () => {
    const storage = new AnsweringStorage();
    const file = new StorageFile(storage, await storage.save('a.txt', 'a'));
    const { etag } = await file.stat();
    const described = await new DescribedFile(file, { etag: '"row"' }).stat();
    expect(described).toMatchObject({ etag: '"row"', version: etag });
  });

  it('has no request() where its storage has none', () => {
    const file = new StorageFile(new MemoryStorage(), 'a.txt');
    expect(file.request).toBeUndefined();
    expect(file.hasVersions).toBe(false);
  });
});

describe('a file of another server', () => {
  it.each<[what: string, asked: Asked]>([
    ['several ranges', { headers: { range: 'bytes=0-1,4-5' } }],
    ['If-Match', { headers: { 'if-match': '"a"' } }],
  ])('is asked for %s', (_, asked) => {
    expect(isAsked(elsewhere, asked)).toBe(true);
  });
});
