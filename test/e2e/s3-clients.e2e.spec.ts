import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';

import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StorageDownloadController } from 'nestjs-downloadview';
import { S3Storage } from 'nestjs-downloadview/s3';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { eventually } from '../support/eventually.js';
import { healthOf, withHealth } from '../support/health.js';
import { httpRequest } from '../support/clients/http-client.js';
import { LogLines } from '../support/log-lines.js';
import { type Answer, RemoteOrigin } from '../support/servers/remote-origin.js';

const MANY = 200;
const SIZE = 64 * 2 ** 20;
const XML = { 'Content-Type': 'application/xml' };

/** Begins to send a large object, and keeps the rest of it. */
const large: Answer = (response, { url }) => {
  if (url?.includes('small')) return response.end('small');
  response.writeHead(200, { 'Content-Length': String(SIZE), ETag: '"a"' });
  return response.write(Buffer.alloc(2 ** 16));
};

describe.each(ADAPTERS)('clients of files in S3 on %s', (adapter) => {
  let origin: RemoteOrigin;
  let running: RunningApplication;
  let client: S3Client;

  function clientAt(endpoint: string): S3Client {
    return new S3Client({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKID', secretAccessKey: 'SECRET' },
      forcePathStyle: true,
      maxAttempts: 1,
    });
  }

  async function start(endpoint = `http://${origin.host}`): Promise<void> {
    client = clientAt(endpoint);
    const storage = new S3Storage({ client, bucket: 'media', maxSockets: 500 });
    const parts = withHealth(
      {
        options: { storages: { default: storage } },
        controllers: [StorageDownloadController.asController('files/*path')],
      },
      () => {
        const url = `${running.origin}/files/canary.txt`;
        return { canary: 'canary.txt', appUrl: url, publicUrl: url };
      },
    );
    running = await startApplication(adapter, parts);
  }

  /** A client that takes the head of the answer, and nothing more. */
  async function stalled(): Promise<IncomingMessage> {
    const asking = request(`${running.origin}/files/large.bin`, {
      agent: false,
    });
    asking.on('error', () => undefined).end();
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    answer.pause().on('error', () => undefined);
    return answer;
  }

  beforeEach(async () => {
    origin = await RemoteOrigin.start();
    origin.answers(large);
  });

  afterEach(async () => {
    await running.close();
    client.destroy();
    await origin.close();
  });

  it('leave the next one its connection to the store, be they stalled or gone', async () => {
    await start();
    // The number of connections is set once the store has answered.
    await httpRequest(running.origin, '/files/small.txt');
    const clients = await Promise.all(Array.from({ length: MANY }, stalled));
    const next = await httpRequest(running.origin, '/files/small.txt');
    expect(next.text).toBe('small');
    expect(await origin.connections()).toBeGreaterThanOrEqual(MANY);
    for (const answer of clients) answer.destroy();
    const areGone = async (): Promise<boolean> =>
      (await origin.connections()) <= 2;
    expect(await eventually(true, areGone)).toBe(true);
    const last = await httpRequest(running.origin, '/files/small.txt');
    expect(last.text).toBe('small');
  }, 60_000);

  it.each<[what: string, answer: Answer, told: string]>([
    [
      'a clock that is off',
      (response) =>
        response
          .writeHead(403, XML)
          .end('<Error><Code>RequestTimeTooSkewed</Code></Error>'),
      'the clock of this machine is off by more than the store allows: set it',
    ],
    [
      'a bucket that there is not',
      (response) =>
        response
          .writeHead(404, XML)
          .end('<Error><Code>NoSuchBucket</Code></Error>'),
      'the store knows no such bucket or container',
    ],
  ])('are told apart by the health check: %s', async (_, answer, told) => {
    await start();
    origin.answers(answer);
    const { health, text } = await healthOf(running.origin);
    expect(health.storage).toMatchObject({
      status: 'down',
      message: `The canary file gives no answer: ${told}.`,
    });
    expect(text).not.toContain('media');
    const { status } = await httpRequest(running.origin, '/files/a.txt');
    expect(status).toBe(503);
  });

  it('are told apart by the health check: a store that is not there', async () => {
    await start('http://127.0.0.1:1');
    const { health } = await healthOf(running.origin);
    expect(health.storage).toMatchObject({
      status: 'down',
      message:
        'The canary file gives no answer: the store is not reachable from here.',
    });
  });

  it.each<[what: string, status: number, code: string, told: number]>([
    ['throttles', 503, 'SlowDown', 503],
    ['takes too long', 400, 'RequestTimeout', 503],
    ['knows its credentials no more', 400, 'ExpiredToken', 503],
    ['forbids it', 403, 'AccessDenied', 404],
    ['has nothing there', 404, 'NoSuchKey', 404],
  ])(
    'are not told why a store %s, and the log is',
    async (_, status, code, told) => {
      await start();
      origin.answers((response) =>
        response
          .writeHead(status, XML)
          .end(`<Error><Code>${code}</Code><Message>Why</Message></Error>`),
      );
      const log = new LogLines();
      running.app.useLogger(log);
      const answer = await httpRequest(running.origin, '/files/a.txt');

      expect(answer.status).toBe(told);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.text).not.toMatch(new RegExp(`${code}|Why|media|s3:`));
      expect(log.text).toContain(code);
      if (code === 'AccessDenied') {
        expect(log.text).toContain('grant s3:GetObject');
      }
    },
  );

  it('have a canary file in the bucket, too', async () => {
    await start();
    origin.sends(200, { ETag: '"a"' }, 'chirp\n');
    const { health } = await healthOf(running.origin);
    expect(health).toMatchObject({
      storage: { status: 'up' },
      application: { status: 'up' },
      server: { status: 'up' },
    });
  });
});
