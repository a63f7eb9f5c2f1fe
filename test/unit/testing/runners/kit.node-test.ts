// A program of its own: node:test runs it, and runners.spec.ts node.
/* eslint-disable @typescript-eslint/no-floating-promises -- node:test waits for them itself. */
import { strict as assert } from 'node:assert';
import { after, before, describe, it } from 'node:test';

import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { MemoryStorage } from 'nestjs-downloadview';
import {
  expectDownload,
  expectXAccelRedirect,
  fakeProxy,
  storageContract,
  temporaryStorage,
  type TemporaryStorage,
} from 'nestjs-downloadview/testing';

import { type RunningApplication } from '../../../support/application.js';
import { DOWNLOADS, OFFLOADS, startDownloads } from '../downloads.js';

describe('of app.inject()', () => {
  let storage: TemporaryStorage;
  let running: RunningApplication;
  const inject = (path: string) =>
    (running.app as NestFastifyApplication).inject(path);

  before(async () => {
    storage = await temporaryStorage();
    await storage.save('ä b.txt', 'not read');
    running = await startDownloads('fastify', storage.root);
  });

  after(async () => {
    await running.close();
    await storage.remove();
  });

  for (const [path, right, wrong] of DOWNLOADS) {
    it(`expectDownload() compares ${Object.keys(right)[0]} of ${path}`, async () => {
      const response = await inject(path);
      expectDownload(response, right);
      assert.throws(
        () => expectDownload(response, wrong),
        assert.AssertionError,
      );
    });
  }

  for (const [path, right, wrong] of OFFLOADS) {
    it(`expectXAccelRedirect() compares ${Object.keys(right)[0]} of ${path}`, async () => {
      const response = await inject(path);
      expectXAccelRedirect(response, right);
      assert.throws(
        () => expectXAccelRedirect(response, wrong),
        assert.AssertionError,
      );
    });
  }

  it('fakeProxy() sends what an application leaves to nginx', async () => {
    const rules = [{ sourceDir: storage.root, destination: '/_offload/' }];
    const proxy = await fakeProxy(running.app, { server: 'nginx', rules });
    const answer = await fetch(`${proxy.url}/offloaded`);
    assert.equal(await answer.text(), 'not read');
    await proxy.close();
  });
});

describe('storageContract()', () => {
  for (const createStorage of [() => new MemoryStorage(), temporaryStorage]) {
    for (const { name, check } of storageContract(createStorage)) {
      void it(name, check);
    }
  }
});
