import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

import { describe, expect, it } from '@jest/globals';
import { PreconditionFailedException } from '@nestjs/common';
import {
  type DownloadBackend,
  type DownloadFile,
  DownloadResponse,
  type DownloadResponseOptions,
  ProxiedDownloadResponse,
} from 'nestjs-downloadview';

import { type DownloadContext } from '../../../lib/interceptors/download-context.js';
import { decideOffload } from '../../../lib/interceptors/offload.js';
import { platformResponse } from '../../../lib/streaming/response-head.js';

const DATE = 'Sat, 01 Mar 2025 10:00:00 GMT';
const EARLIER = 'Sat, 01 Jan 2000 00:00:00 GMT';
const LATER = 'Sun, 01 Mar 2026 10:00:00 GMT';
const FILE: DownloadFile = {
  name: 'file.txt',
  stat: () => ({
    size: 10,
    etag: '"own"',
    lastModified: new Date(LATER),
  }),
  open: () => {
    throw new Error('Nothing is to be read');
  },
};
/** With a tag and a date that are not the file's own. */
const PROXIED = new ProxiedDownloadResponse('X-Sendfile', '/srv/file.txt', {
  ETag: '"told"',
  'Last-Modified': DATE,
});

type Headers = IncomingMessage['headers'];

const context = (headers: Headers, method = 'GET'): DownloadContext => ({
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

async function decision(
  backend: Pick<DownloadBackend, 'conditions' | 'mostRanges'>,
  headers: Headers,
  options?: DownloadResponseOptions,
  proxied = PROXIED,
): Promise<string> {
  const { kind } = await decideOffload(
    proxied,
    new DownloadResponse(FILE, options),
    context(headers),
    { name: 'any', proxy: () => undefined, ...backend },
  );
  return kind;
}

const OURS = { conditions: 'application', mostRanges: 2 } as const;

describe('where the application answers conditions', () => {
  it.each<[Headers, string]>([
    [{}, 'offload'],
    [{ 'if-none-match': '"told"' }, 'not-modified'],
    [{ 'if-none-match': '"own"' }, 'offload'],
    [{ 'if-modified-since': DATE }, 'not-modified'],
    [{ 'if-modified-since': EARLIER }, 'offload'],
    [{ 'if-none-match': '"x"', 'if-modified-since': DATE }, 'offload'],
    [{ 'if-match': '"told"' }, 'offload'],
    [{ 'if-unmodified-since': DATE }, 'offload'],
    [{ 'if-match': '"told"', 'if-unmodified-since': EARLIER }, 'stream'],
  ])('%j is decided by what the server is told: %s', async (headers, kind) => {
    expect(await decision(OURS, headers)).toBe(kind);
  });

  it.each<Headers>([
    { 'if-match': '"own"' },
    { 'if-unmodified-since': EARLIER },
  ])('%j fails', async (headers) => {
    await expect(decision(OURS, headers)).rejects.toThrow(
      PreconditionFailedException,
    );
  });

  it('says of a file that was not modified what the server is told', async () => {
    const decided = await decideOffload(
      PROXIED,
      new DownloadResponse(FILE),
      context({ 'if-none-match': '"told"' }),
      { name: 'any', proxy: () => undefined, ...OURS },
    );

    expect(decided).toMatchObject({
      kind: 'not-modified',
      description: { headers: { ETag: '"told"' } },
    });
  });

  it.each<[Headers, boolean, string]>([
    [{ 'if-modified-since': EARLIER }, false, 'not-modified'],
    [{ 'if-modified-since': EARLIER }, true, 'offload'],
    [{ 'if-modified-since': DATE }, true, 'stream'],
    [{ 'if-modified-since': DATE, 'if-none-match': '"x"' }, true, 'offload'],
  ])('%j with %s from the hook: %s', async (headers, wasModified, kind) => {
    const options = { wasModifiedSince: () => wasModified };

    expect(await decision(OURS, headers, options)).toBe(kind);
  });

  it.each<[Headers, string]>([
    [{ range: 'bytes=0-1' }, 'offload'],
    [{ range: 'bytes=0-1,5-6' }, 'offload'],
    [{ range: 'bytes=0-1,5-6,8-8' }, 'stream'],
    [{ range: 'bytes=0-1,1-2,2-3' }, 'offload'],
    [{ range: 'bytes=10-' }, 'stream'],
    [{ range: 'bytes=5-2' }, 'stream'],
    [{ range: 'items=0-1' }, 'stream'],
    [{ range: 'bytes=0-1', 'if-range': '"told"' }, 'offload'],
    [{ range: 'bytes=0-1', 'if-range': '"own"' }, 'stream'],
    [{ range: 'bytes=0-1', 'if-range': DATE }, 'offload'],
    [{ range: 'bytes=0-1', 'if-range': LATER }, 'stream'],
    [{ range: 'bytes=0-1', 'if-none-match': '"told"' }, 'not-modified'],
  ])('%j: %s', async (headers, kind) => {
    expect(await decision(OURS, headers)).toBe(kind);
  });
});

describe('where the server answers conditions', () => {
  const ITS = { conditions: 'server', mostRanges: 2 } as const;

  it.each<[Headers, string]>([
    [{ 'if-none-match': '"told"' }, 'offload'],
    [{ 'if-modified-since': DATE }, 'offload'],
    [{ 'if-match': '"x"' }, 'offload'],
    [{ 'if-unmodified-since': EARLIER }, 'offload'],
    [{ range: 'bytes=0-1', 'if-range': '"x"' }, 'offload'],
    [{ range: 'bytes=10-' }, 'stream'],
    [{ range: 'bytes=0-1,5-6,8-8' }, 'stream'],
  ])('%j: %s', async (headers, kind) => {
    expect(await decision(ITS, headers)).toBe(kind);
  });

  it('asks the hook of the application all the same', async () => {
    const headers = { 'if-modified-since': EARLIER };
    const hook = (wasModified: boolean) =>
      decision(ITS, headers, { wasModifiedSince: () => wasModified });

    expect(await hook(false)).toBe('not-modified');
    expect(await hook(true)).toBe('offload');
  });

  it('leaves every range to a backend that says nothing of them', async () => {
    expect(await decision({}, { range: 'bytes=10-' })).toBe('offload');
    expect(await decision({}, { 'if-match': '"x"' })).toBe('offload');
  });
});

describe('where whoever sends this answer looks at no condition', () => {
  const unconditional = new ProxiedDownloadResponse(
    'Location',
    '/',
    {},
    {
      unconditional: true,
    },
  );
  const decide = (headers: Headers): Promise<string> =>
    decision({}, headers, undefined, unconditional);

  it('the application goes by the facts of the file', async () => {
    expect(await decide({ 'if-none-match': '"own"' })).toBe('not-modified');
    expect(await decide({ 'if-none-match': '"x"' })).toBe('offload');
    await expect(decide({ 'if-match': '"x"' })).rejects.toThrow(
      PreconditionFailedException,
    );
  });
});
