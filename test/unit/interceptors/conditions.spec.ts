import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

import { describe, expect, it } from '@jest/globals';
import { PreconditionFailedException } from '@nestjs/common';
import { type DownloadFile, DownloadResponse } from 'nestjs-downloadview';

import {
  isNotModified,
  isUnchangedByHook,
} from '../../../lib/interceptors/answer-head.js';
import { type DownloadContext } from '../../../lib/interceptors/download-context.js';
import { platformResponse } from '../../../lib/streaming/response-head.js';

const DATE = 'Sat, 01 Mar 2025 10:00:00 GMT';
const FILE: DownloadFile = {
  name: 'file.txt',
  stat: () => ({ etag: '"v1"', lastModified: new Date(DATE) }),
  open: () => {
    throw new Error('Nothing is to be read');
  },
};

const context = (
  headers: IncomingMessage['headers'],
  method = 'GET',
): DownloadContext => ({
  method,
  headers,
  status: 200,
  response: platformResponse(
    new ServerResponse(new IncomingMessage(new Socket())),
  ),
  signal: new AbortController().signal,
  onClose: () => undefined,
  report: () => undefined,
});

async function unchanged(
  download: DownloadResponse,
  headers: IncomingMessage['headers'],
  method?: string,
): Promise<boolean> {
  const description = await download.describe();
  return isNotModified(download, description, context(headers, method));
}

const hooked = (answer: boolean): DownloadResponse =>
  new DownloadResponse(FILE, { wasModifiedSince: async () => answer });

describe('isNotModified', () => {
  it('goes by the facts', async () => {
    const download = new DownloadResponse(FILE);
    expect(await unchanged(download, {})).toBe(false);
    expect(await unchanged(download, { 'if-none-match': '"v1"' })).toBe(true);
    expect(await unchanged(download, { 'if-modified-since': DATE })).toBe(true);
    await expect(unchanged(download, { 'if-match': '"v2"' })).rejects.toThrow(
      PreconditionFailedException,
    );
  });

  it('leaves If-Modified-Since to the hook of the application', async () => {
    const headers = { 'if-modified-since': DATE };
    expect(await unchanged(hooked(true), headers)).toBe(false);
    expect(await unchanged(hooked(false), headers)).toBe(true);
  });

  it('asks the file before the date, and the application before the file', async () => {
    const file = { ...FILE, wasModifiedSince: () => true };
    const headers = { 'if-modified-since': DATE };
    expect(await unchanged(new DownloadResponse(file), headers)).toBe(false);
    const both = new DownloadResponse(file, { wasModifiedSince: () => false });
    expect(await unchanged(both, headers)).toBe(true);
  });

  it('knows no conditions on other methods than GET and HEAD', async () => {
    const headers = { 'if-none-match': '"v1"', 'if-match': '"v2"' };
    const download = new DownloadResponse(FILE);
    expect(await unchanged(download, headers, 'POST')).toBe(false);
    await expect(unchanged(download, headers, 'HEAD')).rejects.toThrow();
  });
});

describe('isUnchangedByHook', () => {
  it.each([
    [true, hooked(false), { 'if-modified-since': DATE }, 'GET'],
    [false, hooked(true), { 'if-modified-since': DATE }, 'GET'],
    [false, hooked(false), { 'if-modified-since': 'yesterday' }, 'GET'],
    [false, hooked(false), {}, 'GET'],
    [
      false,
      hooked(false),
      { 'if-modified-since': DATE, 'if-none-match': '"v1"' },
      'GET',
    ],
    [false, hooked(false), { 'if-modified-since': DATE }, 'POST'],
    [false, new DownloadResponse(FILE), { 'if-modified-since': DATE }, 'GET'],
  ])('is %s for row %#', async (expected, download, headers, method) => {
    expect(await isUnchangedByHook(download, context(headers, method))).toBe(
      expected,
    );
  });
});
