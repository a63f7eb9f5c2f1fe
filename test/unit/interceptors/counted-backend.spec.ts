import { describe, expect, it } from '@jest/globals';
import {
  ContentFile,
  type DownloadBackend,
  DownloadResponse,
  ProxiedDownloadResponse,
} from 'nestjs-downloadview';

import { countedBackend } from '../../../lib/interceptors/offload.js';

const TAG = { ETag: '"a"' };
const OFFLOAD = ['X-Accel-Redirect', '/_offload/a', TAG] as const;

describe('the backend of a download that is counted', () => {
  const download = new DownloadResponse(
    new ContentFile('0123456789', { name: 'a.txt' }),
  );
  const proxy = (
    proxied: ProxiedDownloadResponse | undefined,
    headers: Record<string, string> = {},
    conditions?: DownloadBackend['conditions'],
  ) => {
    const backend = { name: 'some', conditions, proxy: () => proxied };
    return countedBackend(backend).proxy(download, {
      method: 'GET',
      headers,
      report: () => undefined,
    });
  };
  const unconditional = new ProxiedDownloadResponse(...OFFLOAD, {
    unconditional: true,
  });
  const judged = new ProxiedDownloadResponse(...OFFLOAD);

  it('leaves to the server what it does not judge', async () => {
    expect(await proxy(unconditional)).toBe(unconditional);
    expect(await proxy(judged, {}, 'application')).toBe(judged);
    expect(await proxy(undefined)).toBeUndefined();
  });

  it('leaves nothing to it that it may answer by 304, 412 or 416', async () => {
    expect(await proxy(judged)).toBeUndefined();
    expect(await proxy(judged, {}, 'server')).toBeUndefined();
  });

  it('sends nobody to an address of the store', async () => {
    const elsewhere = new ProxiedDownloadResponse(
      'Location',
      'https://store.example/a?signature=1',
      {},
      { status: 302, unconditional: true },
    );
    expect(await proxy(elsewhere)).toBeUndefined();
  });

  it.each(['bytes=0-', 'bytes=2-3', 'bytes=10-', 'bytes=0-1,4-5', 'lines=1-2'])(
    'leaves no range to it, of which it does not tell what was taken: %s',
    async (range) => {
      expect(await proxy(unconditional, { range })).toBeUndefined();
      expect(await proxy(judged, { range }, 'application')).toBeUndefined();
    },
  );

  it('is otherwise what it was', () => {
    const losesHeader = (name: string) => name === 'vary';
    const backend: DownloadBackend = {
      name: 'some',
      streamHeaders: { 'X-Accel-Buffering': 'no' },
      idleTimeout: 5,
      losesHeader,
      validators: () => ({ etag: '"a"' }),
      proxy: () => undefined,
    };
    const { name, streamHeaders, idleTimeout, ...counted } =
      countedBackend(backend);
    expect({ name, streamHeaders, idleTimeout }).toEqual({
      name: 'some',
      streamHeaders: { 'X-Accel-Buffering': 'no' },
      idleTimeout: 5,
    });
    expect(counted.losesHeader?.('vary')).toBe(true);
    expect(counted).toHaveProperty('validators');
  });
});
