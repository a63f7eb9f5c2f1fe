import { describe, expect, it } from '@jest/globals';
import {
  ContentFile,
  type DownloadBackend,
  DownloadResponse,
  ProxiedDownloadResponse,
} from 'nestjs-downloadview';

import { refusingBackend } from '../../../lib/interceptors/offload.js';

const TAG = { ETag: '"a"' };
const WHOLE = { unconditional: true };

describe('the backend of a download that is counted', () => {
  const backendWith = (proxied: ProxiedDownloadResponse): DownloadBackend => ({
    name: 'some',
    streamHeaders: { 'X-Accel-Buffering': 'no' },
    idleTimeout: 5,
    conditions: 'application',
    mostRanges: 1,
    validators: () => ({ etag: '"a"' }),
    proxy: () => proxied,
  });

  it.each([
    [
      'a server that does not tell what it has sent',
      new ProxiedDownloadResponse('X-Accel-Redirect', '/a', TAG, WHOLE),
    ],
    [
      'an address of the store',
      new ProxiedDownloadResponse('Location', 'https://store.example/a', TAG, {
        ...WHOLE,
        status: 302,
      }),
    ],
  ])('leaves nothing to %s', async (_, proxied) => {
    const notes: unknown[] = [];
    const download = new DownloadResponse(
      new ContentFile('0123456789', { name: 'a.txt' }),
    );
    const answer = await refusingBackend(backendWith(proxied), 'counted').proxy(
      download,
      {
        method: 'GET',
        headers: {},
        report: () => undefined,
        note: (note) => notes.push(note),
      },
    );
    expect(answer).toBeUndefined();
    expect(notes).toEqual([
      { reason: expect.stringContaining('limited number of times') },
    ]);
  });

  it('is otherwise what the application needs to send the file itself', () => {
    const proxied = new ProxiedDownloadResponse('X-Accel-Redirect', '/a', TAG);
    expect(refusingBackend(backendWith(proxied), 'counted')).toEqual({
      name: 'some',
      streamHeaders: { 'X-Accel-Buffering': 'no' },
      idleTimeout: 5,
      proxy: expect.any(Function),
    });
  });
});
