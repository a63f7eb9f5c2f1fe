import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  Get,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { ContentFile, DownloadResponse, sendfile } from 'nestjs-downloadview';
import { mergeMap, type Observable } from 'rxjs';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { httpRequest } from '../support/clients/http-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

/** Lets answers through when three of them are decided. */
class Together implements NestInterceptor {
  readonly #waiting: (() => void)[] = [];

  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      mergeMap(async (value: unknown) => {
        const together = new Promise<void>((resolve) => {
          this.#waiting.push(resolve);
        });
        if (this.#waiting.length === 3) {
          for (const resolve of this.#waiting.splice(0)) resolve();
        }
        await together;
        return value;
      }),
    );
  }
}

describe.each(ADAPTERS)('a response that a handler keeps on %s', (adapter) => {
  let directory: TemporaryDirectory;
  let running: RunningApplication;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const path = await directory.write('kept.bin', Buffer.alloc(300_000, 'ab'));
    const local = sendfile(path);
    const content = new DownloadResponse(
      new ContentFile('abc', { name: 'abc.txt' }),
    );

    @Controller()
    class KeepingController {
      @Get('local')
      local() {
        return local;
      }

      @Get('content')
      content() {
        return content;
      }
    }
    running = await startApplication(adapter, {
      controllers: [KeepingController],
      providers: [{ provide: APP_INTERCEPTOR, useClass: Together }],
    });
  });

  afterAll(async () => {
    await running.close();
    await directory.remove();
  });

  it.each(['/local', '/content'])(
    'answers each of several requests at once: %s',
    async (path) => {
      const [whole, range, head] = await Promise.all([
        httpRequest(running.origin, path),
        httpRequest(running.origin, path, { headers: { Range: 'bytes=1-2' } }),
        httpRequest(running.origin, path, { method: 'HEAD' }),
      ]);
      expect(range.status).toBe(206);
      expect(range.body).toEqual(whole.body.subarray(1, 3));
      expect(head.body).toHaveLength(0);
      expect(Number(head.headers['content-length'])).toBe(whole.body.length);
      expect(whole.body.length).toBeGreaterThan(2);
    },
  );
});
