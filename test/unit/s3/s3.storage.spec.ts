import { Readable } from 'node:stream';
import { Agent } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { S3Client } from '@aws-sdk/client-s3';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { Logger } from '@nestjs/common';
import {
  FileNotFoundError,
  InvalidOptionsError,
  SerializedFileError,
  StorageFile,
  StorageUnavailableError,
  SuspiciousPathError,
} from 'nestjs-downloadview';
import { S3Storage, type S3StorageOptions } from 'nestjs-downloadview/s3';

import { bytesOf, textOf } from '../../support/clients/bytes-of.js';
import { LogLines } from '../../support/log-lines.js';
import {
  type Answer,
  RemoteOrigin,
} from '../../support/servers/remote-origin.js';

const errorOf = (code: string, message = 'No.'): string =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
const XML = { 'Content-Type': 'application/xml' };

function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('S3Storage', () => {
  let origin: RemoteOrigin;
  let client: S3Client;
  let storage: S3Storage;
  let log: LogLines;

  beforeAll(async () => {
    origin = await RemoteOrigin.start();
  });
  afterAll(() => origin.close());

  beforeEach(() => {
    log = new LogLines();
    Logger.overrideLogger(log);
    client = clientOf();
    storage = storageOf({ conditionalWrites: true });
  });
  afterEach(() => {
    client.destroy();
    Logger.overrideLogger(false);
  });

  function clientOf(further: object = {}): S3Client {
    return new S3Client({
      endpoint: `http://${origin.host}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKID', secretAccessKey: 'SECRET' },
      forcePathStyle: true,
      maxAttempts: 1,
      ...further,
    });
  }

  function storageOf(options: Partial<S3StorageOptions> = {}): S3Storage {
    return new S3Storage({ client, bucket: 'media', ...options });
  }

  /** What came, with its condition: `PUT /media/a.txt *`. */
  const came = (): string[] =>
    origin.requests.map(({ method, url, fields }) => {
      const condition = fields.find((field) => /^if-none-match/i.test(field));
      const path = url.split('?')[0].replace(/[0-9a-f]{24}$/, 'RANDOM');
      return `${method} ${path}${condition ? ' *' : ''}`;
    });

  describe('its options', () => {
    it.each<[what: string, options: object, name: string]>([
      ['no client', { bucket: 'a' }, 'client'],
      ['no bucket', { client: new S3Client({}) }, 'bucket'],
      ['an absolute prefix', { prefix: '/a' }, 'prefix'],
      ['a prefix that climbs', { prefix: 'a/../b' }, 'prefix'],
      ['parts that S3 takes for too small', { partSize: 1024 }, 'partSize'],
      ['an option that there is not', { Bucket: 'a' }, 'Bucket'],
    ])('are refused: %s', (_, options, name) => {
      const given =
        name === 'client' || name === 'bucket'
          ? options
          : { client, bucket: 'a', ...options };
      const create = () => new S3Storage(given as S3StorageOptions);
      expect(create).toThrow(InvalidOptionsError);
      expect(create).toThrow(`"S3Storage.${name}"`);
    });

    it('are not told by a message: they hold credentials', () => {
      const create = () =>
        new S3Storage({ client: 'AKID:SECRET', bucket: 'a' } as never);
      expect(create).toThrow('"S3Storage.client"');
      expect(create).not.toThrow('SECRET');
    });

    it('never go to a client', () => {
      expect(() => JSON.stringify({ storage })).toThrow(SerializedFileError);
    });
  });

  describe('what a store refuses', () => {
    it.each<[number, code: string, reason: string | undefined]>([
      [403, 'RequestTimeTooSkewed', 'clock'],
      [404, 'NoSuchBucket', 'no-bucket'],
      [403, 'InvalidAccessKeyId', 'credentials'],
      [403, 'SignatureDoesNotMatch', 'credentials'],
      [400, 'ExpiredToken', 'credentials'],
      [503, 'SlowDown', 'throttled'],
      [429, 'TooManyRequestsException', 'throttled'],
      [400, 'RequestTimeout', 'timed-out'],
      [504, 'GatewayTimeout', 'timed-out'],
      [403, 'InvalidObjectState', undefined],
      [500, 'InternalError', undefined],
    ])(
      'is the storage not being there: %d %s',
      async (status, code, reason) => {
        origin.sends(status, XML, errorOf(code, 'What it\nsays.'));
        const error: unknown = await failureOf(storage.open('a.txt'));
        expect(error).toBeInstanceOf(StorageUnavailableError);
        expect(error).toMatchObject({ reason });
        expect(String(error)).toContain(`'a.txt': the store answers ${status}`);
        expect(String(error)).toContain('What it\\u000asays.');
      },
    );

    it.each([
      [404, 'NoSuchKey'],
      [400, 'KeyTooLongError'],
      [400, 'InvalidURI'],
    ])('is a file not being there: %d %s', async (status, code) => {
      origin.sends(status, XML, errorOf(code));
      for (const call of [
        () => storage.open('a.txt'),
        () => storage.request('a.txt', {}),
      ]) {
        await expect(call()).rejects.toBeInstanceOf(FileNotFoundError);
      }
    });

    it('is a file that is missing or not for this role, which is told what to grant', async () => {
      origin.sends(403, XML, errorOf('AccessDenied'));
      for (const call of [
        () => storage.open('a.txt'),
        () => storage.stat('a.txt'),
      ]) {
        await expect(call()).rejects.toBeInstanceOf(FileNotFoundError);
        await expect(call()).rejects.toThrow(
          /s3:GetObject on the objects, and s3:ListBucket on the bucket/,
        );
      }
      expect(await storage.exists('a.txt')).toBe(false);
    });

    it('is asked once more where HEAD cannot say why', async () => {
      origin.sends(403, XML, errorOf('RequestTimeTooSkewed'));
      await expect(storage.stat('a.txt')).rejects.toMatchObject({
        reason: 'clock',
      });
      expect(came()).toEqual(['HEAD /media/a.txt', 'GET /media/a.txt']);
    });
  });

  it.each<[what: string, further: object, reason: string]>([
    ['refuses connections', { endpoint: 'http://127.0.0.1:1' }, 'unreachable'],
    ['has no name', { endpoint: 'http://a.invalid' }, 'unreachable'],
    [
      'cannot be asked without credentials',
      {
        credentials: () =>
          Promise.reject(
            Object.assign(new Error('None found'), {
              name: 'CredentialsProviderError',
            }),
          ),
      },
      'credentials',
    ],
    [
      'does not answer in time',
      { requestHandler: { requestTimeout: 20, throwOnRequestTimeout: true } },
      'timed-out',
    ],
  ])('tells a store that %s', async (_, further, reason) => {
    origin.answers(() => undefined);
    const lost = storageOf({ client: clientOf(further) });
    const error: unknown = await failureOf(lost.stat('a.txt'));
    expect(error).toBeInstanceOf(StorageUnavailableError);
    expect(error).toMatchObject({ reason });
    for (const call of [
      () => lost.exists('a.txt'),
      () => lost.save('a.txt', 'a'),
      () => lost.delete('a.txt'),
      () => lost.request('a.txt', {}),
    ]) {
      await expect(call()).rejects.toBeInstanceOf(StorageUnavailableError);
    }
  });

  it('takes no key that is longer than an object may have', async () => {
    const long = `${'a/'.repeat(511)}bcd`;
    await expect(storage.stat(long)).rejects.toThrow(SuspiciousPathError);
    expect(() =>
      storageOf({ baseUrl: 'https://m.example' }).url?.('../a'),
    ).toThrow(SuspiciousPathError);
  });

  it('stays below its prefix, with or without a slash at its end', async () => {
    origin.sends(404, XML, errorOf('NoSuchKey'));
    for (const prefix of ['files', 'files/']) {
      await storageOf({ prefix }).exists('a b.txt');
    }
    expect(new Set(came())).toEqual(new Set(['HEAD /media/files/a%20b.txt']));
  });

  it('has addresses where the bucket is public', () => {
    const { url } = storageOf({ baseUrl: 'https://media.example/files' });
    expect(url?.('a b/ü.txt')).toBe(
      'https://media.example/files/a%20b/%C3%BC.txt',
    );
    expect(storageOf().url).toBeUndefined();
  });

  it.each([0, 1.5, 604_801, NaN])(
    'signs no address for %d seconds',
    async (expiresIn) => {
      const call = storage.temporaryUrl('a.txt', { expiresIn });
      await expect(call).rejects.toThrow('"temporaryUrl.expiresIn"');
    },
  );

  describe('the facts of an object', () => {
    async function statOf(headers: Record<string, string>): Promise<object> {
      origin.sends(200, headers, '');
      const stat = await storage.stat('a.txt');
      return JSON.parse(JSON.stringify(stat)) as object;
    }

    it('are what the store says', async () => {
      const stat = await statOf({
        'Content-Length': '5',
        'Content-Type': 'Text/Plain; charset=UTF-8',
        'Content-Encoding': 'aws-chunked,gzip',
        'Last-Modified': 'Sat, 01 Mar 2025 10:00:00 GMT',
        ETag: '"abc"',
      });
      expect(stat).toMatchObject({
        size: 5,
        contentType: 'text/plain',
        charset: expect.stringMatching(/^utf-8$/i),
        encoding: 'gzip',
        lastModified: '2025-03-01T10:00:00.000Z',
        etag: '"abc"',
        version: '"abc"',
        acceptsRanges: true,
      });
    });

    it.each([
      [{ 'Content-Encoding': 'aws-chunked' }, 'encoding'],
      [{ 'Content-Type': 'binary/octet-stream' }, 'contentType'],
    ])('say nothing by %j', async (headers, fact) => {
      expect(
        await statOf({ 'Content-Length': '0', ...headers }),
      ).not.toHaveProperty(fact);
    });

    it.each<[string, number | undefined]>([
      ['FULL_OBJECT', 0xcbf43926],
      ['COMPOSITE', undefined],
    ])('know the CRC-32 of all bytes, by type %s', async (type, crc32) => {
      const stat = await statOf({
        'Content-Length': '9',
        'x-amz-checksum-crc32': 'y/Q5Jg==',
        'x-amz-checksum-type': type,
      });
      const known = Object.entries(stat).find(([name]) => name === 'crc32');
      expect(known?.[1]).toBe(crc32);
    });

    // As S3 answers; no server of the tests has checksums.
    const SHA256 = 'n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=';
    it.each<
      [
        what: string,
        headers: Record<string, string>,
        digest: string | undefined,
      ]
    >([
      [
        'a checksum of all bytes',
        {
          'x-amz-checksum-sha256': SHA256,
          'x-amz-checksum-type': 'FULL_OBJECT',
        },
        `sha-256=:${SHA256}:`,
      ],
      [
        'one of the parts of an upload',
        {
          'x-amz-checksum-sha256': `${SHA256}-3`,
          'x-amz-checksum-type': 'COMPOSITE',
        },
        undefined,
      ],
      [
        'one that does not say what it is of',
        { 'x-amz-checksum-sha256': SHA256 },
        undefined,
      ],
      [
        'a CRC-32, which is none',
        {
          'x-amz-checksum-crc32': 'y/Q5Jg==',
          'x-amz-checksum-type': 'FULL_OBJECT',
        },
        undefined,
      ],
    ])('know the digest of %s', async (_, headers, digest) => {
      expect(await statOf({ 'Content-Length': '4', ...headers })).toEqual(
        digest === undefined
          ? expect.not.objectContaining({ digest: expect.anything() })
          : expect.objectContaining({ digest }),
      );
      expect(origin.requests[0].fields).toContainEqual(
        expect.stringMatching(/^x-amz-checksum-mode: ENABLED/i),
      );
    });
  });

  describe('save()', () => {
    const ok: Answer = (response) => response.end();
    const refused =
      (status: number, code: string): Answer =>
      (response) =>
        response.writeHead(status, XML).end(errorOf(code));

    /** Answers PUT by these, one after the other, and all else by `ok`. */
    function puts(...answers: Answer[]): void {
      origin.answers((response, request) => {
        request.resume();
        const answer = request.method === 'PUT' ? answers.shift() : ok;
        (answer ?? ok)(response, request);
      });
    }

    it.each<[what: string, first: Answer, second: Answer, keeps: boolean]>([
      ['412', ok, refused(412, 'PreconditionFailed'), true],
      ['409', ok, refused(409, 'ConditionalRequestConflict'), true],
      ['200, which reads over it', ok, ok, false],
      ['501', refused(501, 'NotImplemented'), ok, false],
    ])(
      'asks a store once what it makes of the condition: %s',
      async (what, first, second, keeps) => {
        puts(first, ...(what === '501' ? [] : [second]));
        const asking = storageOf();
        const keys = await Promise.all(
          ['a.txt', 'b.txt'].map((key) => asking.save(key, 'a')),
        );
        expect(keys.includes('a.txt') && keys.includes('b.txt')).toBe(keeps);
        const probes = came().filter((request) => request.includes('probe-'));
        expect(probes).toEqual([
          ...Array<string>(what === '501' ? 1 : 2).fill(
            'PUT /media/probe-RANDOM *',
          ),
          ...(what === '501' ? [] : ['DELETE /media/probe-RANDOM']),
        ]);
        const saved = came().filter((request) => !request.includes('probe-'));
        expect(saved).toHaveLength(2);
        for (const request of saved) expect(request.endsWith(' *')).toBe(keeps);
      },
    );

    it('asks again where the store could not say', async () => {
      puts(
        refused(500, 'InternalError'),
        ok,
        refused(412, 'PreconditionFailed'),
      );
      const asking = storageOf();
      const failed = asking.save('a.txt', 'a');
      await expect(failed).rejects.toBeInstanceOf(StorageUnavailableError);
      expect(await asking.save('a.txt', 'a')).toBe('a.txt');
    });

    it.each([
      [true, ['PUT /media/a.txt *']],
      [false, [expect.stringMatching(/^PUT \/media\/a_[\w-]+\.txt$/)]],
    ])(
      'asks nothing where it is told: %s',
      async (conditionalWrites, expected) => {
        puts(ok);
        await storageOf({ conditionalWrites }).save('a.txt', 'a');
        expect(came()).toEqual(expected);
      },
    );

    it('takes another key for one that is taken, and tries again where others write it', async () => {
      puts(
        refused(409, 'ConditionalRequestConflict'),
        refused(412, 'PreconditionFailed'),
        ok,
      );
      const key = await storage.save('a.txt', 'a');
      expect(key).toMatch(/^a_[\w-]+\.txt$/);
      expect(came()).toEqual([
        'PUT /media/a.txt *',
        'PUT /media/a.txt *',
        `PUT /media/${key} *`,
      ]);
    });

    it('leaves what is there where it is to be kept, and lets go of the content', async () => {
      origin.sends(200, { ETag: '"a"' });
      const content = Readable.from([Buffer.from('a')]);
      const saved = await storage.save('a.txt', content, { ifTaken: 'keep' });
      expect(saved).toBe('a.txt');
      expect(content.destroyed).toBe(true);
      expect(came()).toEqual(['HEAD /media/a.txt']);
    });

    it('leaves what was put there meanwhile', async () => {
      origin.answers((response, request) => {
        request.resume();
        if (request.method === 'HEAD') response.writeHead(404).end();
        else refused(412, 'PreconditionFailed')(response, request);
      });
      const saved = await storage.save('a.txt', 'a', { ifTaken: 'keep' });
      expect(saved).toBe('a.txt');
    });

    it('says what it is by its name, and what it is told', async () => {
      puts(ok);
      await storageOf({
        conditionalWrites: true,
        writeParameters: {
          Metadata: { owner: 'me' },
          StorageClass: 'STANDARD_IA',
        },
      }).save('a.png', 'a');
      const fields = origin.requests[0].fields.map((field) =>
        field.toLowerCase(),
      );
      expect(fields).toContain('content-type: image/png');
      expect(fields).toContain('x-amz-meta-owner: me');
      expect(fields).toContain('x-amz-storage-class: standard_ia');
    });

    /** Takes an upload in parts; `PUT` of the part with this number fails. */
    function takesParts(failing = 0): void {
      origin.answers((response, request) => {
        request.resume();
        const { searchParams } = new URL(request.url ?? '', 'http://store');
        if (searchParams.has('uploads')) {
          return response
            .writeHead(200, XML)
            .end(
              '<InitiateMultipartUploadResult><UploadId>up</UploadId></InitiateMultipartUploadResult>',
            );
        }
        if (searchParams.get('partNumber') === String(failing)) {
          return refused(400, 'EntityTooLarge')(response, request);
        }
        if (request.method === 'POST') {
          return response
            .writeHead(200, XML)
            .end(
              '<CompleteMultipartUploadResult><ETag>"a-3"</ETag></CompleteMultipartUploadResult>',
            );
        }
        return response
          .writeHead(request.method === 'HEAD' ? 404 : 200, { ETag: '"p"' })
          .end();
      });
    }

    async function* long(megabytes = 20): AsyncGenerator<Uint8Array> {
      const buffer = Buffer.alloc(2 ** 20);
      for (let index = 0; index < megabytes; index += 1) {
        await nextTurn();
        yield buffer;
      }
    }

    it('sends what is long in parts, under a name that nobody else has', async () => {
      takesParts();
      const key = await storage.save('a.bin', long());
      expect(key).toMatch(/^a_[\w-]+\.bin$/);
      expect(came()).toEqual([
        `POST /media/${key}`,
        `PUT /media/${key}`,
        `PUT /media/${key}`,
        `PUT /media/${key}`,
        `POST /media/${key}`,
      ]);
    });

    it('keeps what is long under its key, if that is free to the end', async () => {
      takesParts();
      expect(await storage.save('a.bin', long(), { ifTaken: 'keep' })).toBe(
        'a.bin',
      );
      expect(came()[0]).toBe('HEAD /media/a.bin');
      expect(came().slice(-3)).toEqual([
        'HEAD /media/a.bin',
        'PUT /media/a.bin',
        'POST /media/a.bin *',
      ]);
    });

    const broken = new Error('The source fails');
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield* long(10);
      throw broken;
    }

    it('leaves no parts where the store takes a part no more, which is its fault', async () => {
      takesParts(2);
      const call = storage.save('a.bin', Readable.from(long()));
      await expect(call).rejects.toBeInstanceOf(StorageUnavailableError);
      expect(came().at(-1)).toMatch(/^DELETE \/media\/a_/);
    });

    it('leaves no parts where the source fails, which is not its fault', async () => {
      takesParts();
      await expect(storage.save('a.bin', failing())).rejects.toBe(broken);
      expect(came().at(-1)).toMatch(/^DELETE \/media\/a_/);
    });
  });

  describe('its connections', () => {
    beforeEach(() => origin.sends(200, { ETag: '"a"' }));

    it('are few by default, which is said once, with both ways to have more', async () => {
      await storage.stat('a.txt');
      await storage.stat('a.txt');
      expect(log.of('warn')).toEqual([
        expect.stringMatching(
          /at most 50 connections.*S3Storage\(\{ maxSockets: 500 \}\).*httpsAgent: \{ maxSockets: 500 \}/,
        ),
      ]);
    });

    it('are as many as the client has, where those are enough', async () => {
      const httpAgent = new Agent({ maxSockets: 300 });
      const own = clientOf({
        requestHandler: { httpAgent, httpsAgent: { maxSockets: 300 } },
      });
      await storageOf({ client: own }).stat('a.txt');
      expect(log.of('warn')).toEqual([]);
      expect(httpAgent.maxSockets).toBe(300);
    });

    it('are as many as it is told', async () => {
      const httpAgent = new Agent({ keepAlive: true, maxSockets: 10 });
      const own = clientOf({ requestHandler: { httpAgent } });
      await storageOf({ client: own, maxSockets: 400 }).stat('a.txt');
      expect(httpAgent.maxSockets).toBe(400);
      expect(log.of('warn')).toEqual([]);
    });
  });

  it('fails in the middle of a body that the store breaks off', async () => {
    origin.answers((response) => {
      response.writeHead(200, { 'Content-Length': '10', ETag: '"a"' });
      response.write('0123', () => response.destroy());
    });
    await expect(bytesOf(await storage.open('a.txt'))).rejects.toThrow();
  });

  it('refuses other bytes than it asked for', async () => {
    origin.sends(200, { ETag: '"a"' }, '0123456789');
    const part = storage.open('a.txt', { start: 2, end: 5 });
    await expect(part).rejects.toBeInstanceOf(StorageUnavailableError);
    const all = await storage.open('a.txt', { start: 0, end: 9 });
    expect(await textOf(all)).toBe('0123456789');
  });

  it('waits for no facts that nobody wants any more', async () => {
    const leave = new AbortController();
    const closed = new Promise((resolve) => {
      origin.answers((response) => {
        response.once('close', resolve);
        leave.abort();
      });
    });
    const { signal } = leave;
    const facts = new StorageFile(storage, 'a.txt').stat({ signal });
    await expect(facts).rejects.toBeInstanceOf(StorageUnavailableError);
    await closed;
  });

  it('lets go of what the store begins to send to who has left', async () => {
    origin.answers((response) => {
      response.writeHead(200, { 'Content-Length': '10' }).write('0');
    });
    const leave = new AbortController();
    leave.abort();
    const { signal } = leave;
    await expect(storage.request('a.txt', { signal })).rejects.toThrow();
    expect(origin.requests).toEqual([]);
  });
});
