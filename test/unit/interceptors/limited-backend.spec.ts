import { describe, expect, it } from '@jest/globals';
import {
  ContentFile,
  type DownloadBackend,
  DownloadResponse,
  ProxiedDownloadResponse,
} from 'nestjs-downloadview';

import { type AnswerLimiter } from '../../../lib/http/answer-limiter.js';
import { askedFor } from '../../../lib/interceptors/offload.js';

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

  const OFFLOADED = new ProxiedDownloadResponse(
    'X-Accel-Redirect',
    '/a',
    TAG,
    WHOLE,
  );
  const download = new DownloadResponse(
    new ContentFile('0123456789', { name: 'a.txt' }),
  );
  const LIMITER: AnswerLimiter = { acquire: () => Promise.reject(new Error()) };

  /** What is handed over, and what is noted of it. */
  async function answerOf(
    proxied: ProxiedDownloadResponse,
    areRead: boolean,
    limiter: AnswerLimiter | undefined = LIMITER,
    status = 200,
  ): Promise<unknown[]> {
    const notes: unknown[] = [];
    const backend = askedFor(download, limiter, status, backendWith(proxied), {
      areRead,
    });
    const answer = await backend.proxy(download, {
      method: 'GET',
      headers: {},
      report: () => undefined,
      note: ({ reason }) => notes.push(reason),
    });
    return [answer, ...notes];
  }

  it('hands nothing to a server that does not tell what it has sent', async () => {
    expect(await answerOf(OFFLOADED, false)).toEqual([
      undefined,
      expect.stringContaining('limited number of times'),
    ]);
  });

  it('hands the file to a server that does', async () => {
    expect(await answerOf(OFFLOADED, true)).toEqual([OFFLOADED]);
  });

  it('sends no client to a store, which tells nothing in any case', async () => {
    const address = 'https://store.example/a';
    const redirected = new ProxiedDownloadResponse('Location', address, TAG, {
      ...WHOLE,
      status: 302,
    });
    expect(await answerOf(redirected, true)).toEqual([
      undefined,
      expect.stringContaining('limited number of times'),
    ]);
  });

  it('hands nothing to a server that has a tag of its own', async () => {
    const untagged = new ProxiedDownloadResponse('X-Accel-Redirect', '/a', {});
    expect(await answerOf(untagged, true)).toEqual([
      undefined,
      expect.stringContaining('the tag'),
    ]);
  });

  it('hands nothing over that has a status of its own', async () => {
    expect(await answerOf(OFFLOADED, true, undefined, 404)).toEqual([
      undefined,
      expect.stringContaining('another status'),
    ]);
  });

  it('is otherwise what the application needs to send the file itself', () => {
    const backend = askedFor(
      download,
      LIMITER,
      200,
      backendWith(OFFLOADED),
      undefined,
    );
    expect(backend).toEqual({
      name: 'some',
      streamHeaders: { 'X-Accel-Buffering': 'no' },
      idleTimeout: 5,
      proxy: expect.any(Function),
    });
  });

  it('is a backend of a class in all but what it hands over', async () => {
    class OwnBackend implements DownloadBackend {
      readonly name = 'own';
      readonly #tag = '"own"';
      get conditions() {
        return 'application' as const;
      }
      validators() {
        return { etag: this.#tag };
      }
      proxy() {
        return this.#tag ? OFFLOADED : undefined;
      }
    }
    const read = { areRead: true };
    const backend = askedFor(download, LIMITER, 200, new OwnBackend(), read);

    expect(backend.conditions).toBe('application');
    expect(await backend.validators?.(download.file, {})).toEqual({
      etag: '"own"',
    });
    const request = { method: 'GET', headers: {}, report: () => undefined };
    expect(await backend.proxy(download, request)).toBe(OFFLOADED);
  });
});
