import { randomBytes } from 'node:crypto';

import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, it } from '@jest/globals';
import { S3Storage } from 'nestjs-downloadview/s3';
import { storageContract } from 'nestjs-downloadview/testing';

import { describeWith } from '../support/describe-with.js';
import {
  clientOf,
  type S3Server,
  startSwift,
} from '../support/stores/swift.js';

describeWith(
  ['swift-proxy-server', 'memcached'],
  'S3Storage on Swift, which knows no conditional writes',
  () => {
    let server: S3Server;

    beforeAll(async () => {
      server = await startSwift();
    }, 90_000);
    afterAll(() => server.stop());

    function createStorage(prefix: string): S3Storage {
      const { endpoint, bucket } = server;
      const client = clientOf(server, endpoint);
      return new S3Storage({ client, bucket, prefix, maxSockets: 500 });
    }

    const prefix = (): string => randomBytes(6).toString('hex');
    let own = '';
    const rules = storageContract(() => createStorage((own = prefix())), {
      suffixes: true,
      replace: async (_, key, content) => {
        const { endpoint, bucket } = server;
        const client = clientOf(server, endpoint);
        const Key = `${own}/${key}`;
        await client.send(
          new PutObjectCommand({ Bucket: bucket, Key, Body: content }),
        );
      },
    });
    for (const { name, check } of rules) it(name, check, 30_000);
  },
);
