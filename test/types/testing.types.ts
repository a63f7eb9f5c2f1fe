// The test kit as applications type it; tsc is the test.
import { type INestApplication } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { expect } from '@jest/globals';
import {
  downloadMatchers,
  type DownloadMatchers,
  expectDownload,
  expectXAccelRedirect,
  expectXSendfile,
  fakeProxy,
  type FakeProxy,
  storageContract,
  type StorageRule,
  temporaryStorage,
} from 'nestjs-downloadview/testing';
import { MemoryStorage } from 'nestjs-downloadview';
import request, { type Response as SupertestResponse } from 'supertest';

// ---- @jest/globals, as the doc comment of downloadMatchers has it

/* eslint-disable @typescript-eslint/no-empty-object-type, @typescript-eslint/no-unused-vars */
declare module 'expect' {
  interface Matchers<
    R extends void | Promise<void>,
    T,
  > extends DownloadMatchers<R> {}
}

// ---- @types/jest, whose interface vitest declares, too

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace jest {
    interface Matchers<R, T> extends DownloadMatchers<R> {}
  }
}
/* eslint-enable */

export function globalMatchers(matchers: jest.Matchers<void, object>): void {
  matchers.toBeDownload({ basename: 'a.txt' });
}

export async function matchers(response: SupertestResponse): Promise<void> {
  expect.extend(downloadMatchers);
  expect(response).toBeDownload();
  expect(response).not.toBeDownload({ basename: 'a.txt', content: 'a' });
  expect(response).toBeXAccelRedirect({ redirectUrl: '/a', expires: false });
  expect(response).toBeXSendfile({ path: '/a', pathEncoding: 'raw' });
  await expect(Promise.resolve(response)).resolves.toBeDownload({ size: 1 });
  // @ts-expect-error: no such option
  expect(response).toBeDownload({ baseName: 'a.txt' });
  // @ts-expect-error: a number
  expect(response).toBeDownload({ size: '1' });
  // @ts-expect-error: an option of nginx
  expect(response).toBeXSendfile({ limitRate: 1 });
}

// ---- responses of all kinds

export async function responses(app: NestFastifyApplication): Promise<void> {
  const bySupertest = await request(app.getHttpServer()).get('/');
  const injected = await app.inject('/');
  const fetched = await fetch('http://127.0.0.1/');
  const byHand = { status: 200, headers: { etag: '"a"' }, body: 'a' };
  for (const response of [bySupertest, injected, fetched, byHand]) {
    expectDownload(response);
    expectDownload(response, {
      basename: 'a.txt',
      contentType: 'text/plain',
      content: Buffer.from('a'),
      attachment: true,
      size: 1,
    });
    expectXAccelRedirect(response, {
      url: '/_offload/a',
      charset: null,
      expires: new Date(),
      buffering: false,
      limitRate: 1000,
    });
    expectXSendfile(response, { path: '/srv/a' });
  }
  // @ts-expect-error: not awaited
  expectDownload(app.inject('/'));
  // @ts-expect-error: not awaited
  expectDownload(fetch('http://127.0.0.1/'));
  // @ts-expect-error: neither a charset nor null
  expectXAccelRedirect(injected, { charset: 1 });
  // @ts-expect-error: an encoding
  expectXSendfile(injected, { path: '/srv/a', pathEncoding: 'hex' });
}

// ---- a fake server

export async function proxies(app: INestApplication): Promise<string> {
  const rules = [{ sourceDir: '/srv/media/', destination: '/_offload/' }];
  const proxy: FakeProxy = await fakeProxy(app, { server: 'nginx', rules });
  await fakeProxy(new URL('http://127.0.0.1'), {
    server: 'apache',
    rules: [{ sourceDir: '/srv/media/' }],
    pathEncoding: 'raw',
  });
  await fakeProxy(app, { server: 'lighttpd', rules });
  await fakeProxy(app, { server: 'caddy', rules, pathEncoding: 'percent' });
  // @ts-expect-error: no such server
  await fakeProxy(app, { server: 'iis', rules });
  // @ts-expect-error: which Apache?
  await fakeProxy(app, { server: 'apache', rules });
  // @ts-expect-error: a location
  await fakeProxy(app, { server: 'nginx', rules: [{ sourceDir: '/srv' }] });
  await proxy.close();
  return `${proxy.url} ${proxy.offloads.join()}`;
}

// ---- storages

export const rules: StorageRule[] = [
  ...storageContract(() => new MemoryStorage()),
  ...storageContract(temporaryStorage),
];
