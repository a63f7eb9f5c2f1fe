import { randomBytes } from 'node:crypto';

import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { S3Storage } from 'nestjs-downloadview/s3';
import { storageContract } from 'nestjs-downloadview/testing';

import { startCeph } from '../../support/stores/ceph.js';
import { describeWith } from '../../support/describe-with.js';
import { clientOf, type S3Server } from '../../support/stores/swift.js';

describeWith(['radosgw'], 'S3Storage on Ceph', () => {
  let server: S3Server;
  let client: S3Client;
  let prefix = '';

  beforeAll(async () => {
    server = await startCeph();
    client = clientOf(server, server.endpoint);
  }, 180_000);
  afterAll(() => server.stop());

  function createStorage(): S3Storage {
    prefix = randomBytes(6).toString('hex');
    const { bucket } = server;
    return new S3Storage({ client, bucket, prefix, maxSockets: 500 });
  }

  describe('keeps the rules, a free key among them', () => {
    const rules = storageContract(createStorage, {
      replace: async (_, key, content) => {
        const Key = `${prefix}/${key}`;
        const { bucket: Bucket } = server;
        await client.send(new PutObjectCommand({ Bucket, Key, Body: content }));
      },
    });
    for (const { name, check } of rules) it(name, check, 30_000);
  });

  it('overwrites nothing by what is long', async () => {
    const storage = createStorage();
    const long = Buffer.alloc(9 * 2 ** 20);
    const first = await storage.save('a.bin', 'first');
    const key = await storage.save('a.bin', long);
    const kept = await storage.save('a.bin', long, { ifTaken: 'keep' });
    expect(key).not.toBe(first);
    expect(kept).toBe(first);
    expect(await storage.stat(first)).toMatchObject({ size: 5 });
    expect(await storage.stat(key)).toMatchObject({ size: long.length });
  }, 30_000);

  it('gives addresses that work as they are signed', async () => {
    const storage = createStorage();
    const key = await storage.save('a.txt', 'text');
    const address = await storage.temporaryUrl(key, {
      expiresIn: 60,
      basename: 'b.txt',
    });
    const answer = await fetch(address);
    expect(await answer.text()).toBe('text');
    expect(answer.headers.get('content-disposition')).toContain('b.txt');
    expect((await fetch(address.replace('b.txt', 'c.txt'))).status).toBe(403);
  });
});
