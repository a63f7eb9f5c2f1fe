import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';

import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { HealthIndicatorService } from '@nestjs/terminus';
import {
  DownloadExplainer,
  type DownloadModuleOptions,
  DownloadStorages,
  InvalidOptionsError,
  MemoryStorage,
  redirect,
  StorageDownloadController,
} from 'nestjs-downloadview';
import {
  DownloadHealthIndicator,
  type DownloadHealthOptions,
} from 'nestjs-downloadview/terminus';

import {
  type Adapter,
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { healthOf, withHealth } from '../support/health.js';

const CANARY = 'It sings.\n';
const PATH = '/media/canary.txt';

/** Nobody hears of it again. */
class SilentStorage extends MemoryStorage {
  override open(): Promise<never> {
    return new Promise(() => undefined);
  }
}

class Store extends MemoryStorage {
  constructor(private readonly origin: string) {
    super();
  }

  temporaryUrl(key: string): Promise<string> {
    return Promise.resolve(`${this.origin}/${key}`);
  }
}

describe.each(ADAPTERS)('DownloadHealthIndicator on %s', (adapter) => {
  const running: (RunningApplication | Server)[] = [];

  afterEach(async () => {
    for (const one of running.splice(0)) {
      if ('origin' in one) await one.close();
      else {
        one.closeAllConnections();
        one.close();
      }
    }
  });

  async function start(
    on: Adapter,
    options: DownloadModuleOptions,
    given: Partial<DownloadHealthOptions> = {},
  ): Promise<RunningApplication> {
    @Controller('media/*path')
    class MediaController extends StorageDownloadController {}

    const application = await startApplication(on, {
      options,
      ...withHealth({ controllers: [MediaController] }, () => ({
        canary: 'canary.txt',
        appUrl: application.origin + PATH,
        publicUrl: application.origin + PATH,
        ...given,
      })),
    });
    running.push(application);
    return application;
  }

  async function serverThat(
    answers: Parameters<typeof createServer>[1] = () => undefined,
  ): Promise<string> {
    const server = createServer({}, answers).listen(0, '127.0.0.1');
    await once(server, 'listening');
    running.push(server);
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function filled<Storage extends MemoryStorage>(
    storage: Storage,
  ): Promise<Storage> {
    await storage.save('canary.txt', CANARY);
    return storage;
  }

  it('all is up where the application sends its files itself', async () => {
    const storage = await filled(new MemoryStorage());
    const { origin } = await start(adapter, { storages: { default: storage } });

    expect((await healthOf(origin)).health).toEqual({
      status: 'up',
      storage: { status: 'up' },
      application: { status: 'up' },
      server: { status: 'up' },
      outside: { status: 'up' },
    });
  });

  it('a storage that never answers is down in time', async () => {
    const storages = { default: new SilentStorage() };
    const { origin } = await start(adapter, { storages }, { timeout: 50 });

    expect((await healthOf(origin)).health.storage).toEqual({
      status: 'down',
      message: expect.stringContaining('TimeoutError'),
    });
  });

  it('a server that never answers is down in time', async () => {
    const storages = { default: await filled(new MemoryStorage()) };
    const publicUrl = await serverThat();
    const given = { timeout: 500, publicUrl };
    const { origin } = await start(adapter, { storages }, given);

    expect((await healthOf(origin)).health).toMatchObject({
      application: { status: 'up' },
      server: {
        status: 'down',
        message: expect.stringContaining('TimeoutError'),
      },
    });
  });

  it('the store that clients are sent to has to have the file', async () => {
    let bytes = CANARY;
    const headers: unknown[] = [];
    const store = await serverThat((request, response) => {
      headers.push(request.headers.authorization);
      response.end(bytes);
    });
    const options = {
      backend: redirect({ hosts: [new URL(store).host] }),
      storages: { default: await filled(new Store(store)) },
    };
    const given = { headers: { Authorization: 'Bearer secret' } };
    const { origin } = await start(adapter, options, given);
    expect((await healthOf(origin)).health.status).toBe('up');

    bytes = 'Not it.\n';

    expect((await healthOf(origin)).health).toMatchObject({
      application: { status: 'up' },
      server: { status: 'down' },
    });
    expect(headers).toEqual([undefined, undefined]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['canary', { canary: '' }],
    ['canary', { canary: undefined }],
    ['appUrl', { appUrl: '/media/canary.txt' }],
    ['publicUrl', { publicUrl: 'ftp://example.com/' }],
    ['timeout', { timeout: 0 }],
    ['timeout', { timeout: 1.5 }],
    ['storage', { storage: 'unknown' }],
    ['url', { url: 'http://example.com/' }],
  ])('says that %s is wrong in %j', async (name, wrong) => {
    const storages = { default: new MemoryStorage() };
    const { app } = await start(adapter, { storages });
    const indicator = new DownloadHealthIndicator(
      new HealthIndicatorService(),
      app.get(DownloadStorages),
      app.get(DownloadExplainer),
    );
    const right = {
      canary: 'canary.txt',
      appUrl: 'http://127.0.0.1/',
      publicUrl: 'http://127.0.0.1/',
    };

    const check = indicator.check('downloads', { ...right, ...wrong });

    await expect(check).rejects.toThrow(InvalidOptionsError);
    await expect(check).rejects.toThrow(name);
  });
});
