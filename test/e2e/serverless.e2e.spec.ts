import { createHash } from 'node:crypto';
import { type RequestListener } from 'node:http';
import { join } from 'node:path';

import { configure } from '@codegenie/serverless-express';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type INestApplication, Logger } from '@nestjs/common';
import {
  ContentFile,
  DownloadController,
  DownloadEvents,
  type DownloadFile,
  type DownloadRequest,
  FileNotFoundError,
  LocalFile,
  VirtualFile,
} from 'nestjs-downloadview';
import serverlessHttp from 'serverless-http';
import request from 'supertest';

import { RunningDownloads } from '../../lib/streaming/connection.js';

import { createApplication } from '../support/application.js';
import { LogLines } from '../support/log-lines.js';
import { descriptorsClosed } from '../support/files/open-descriptors.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

/** All bytes, in an order that repeats nowhere. */
function bytesOf(size: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(size / 32) }, (_, index) =>
    createHash('sha256').update(String(index)).digest(),
  );
  return Buffer.concat(blocks, size);
}

const TEXT = 'Größe: 5 €, 日本\n';
const FILES: Readonly<Record<string, Buffer>> = {
  'small.bin': bytesOf(1000),
  'page.bin': bytesOf(4096),
  'more.bin': bytesOf(4097),
  'piece.bin': bytesOf(200_000),
  'large.bin': bytesOf(1_000_000),
  'text.txt': Buffer.from(TEXT),
  'empty.bin': Buffer.alloc(0),
};

async function filesOnDisk(): Promise<TemporaryDirectory> {
  const directory = await temporaryDirectory();
  for (const [name, content] of Object.entries(FILES)) {
    await directory.write(name, content);
  }
  return directory;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

type Ask = (path: string, headers?: Record<string, string>) => Promise<Answer>;

/** What API Gateway hands to a function, and what it takes from it. */
interface GatewayResult {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly multiValueHeaders?: Readonly<Record<string, string[]>>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

function gatewayEvent(path: string, headers: Record<string, string>): object {
  return {
    httpMethod: 'GET',
    path,
    resource: '/{proxy+}',
    headers,
    multiValueHeaders: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, [value]]),
    ),
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    requestContext: {},
    body: null,
    isBase64Encoded: false,
  };
}

function answerOf(result: GatewayResult): Answer {
  const several = Object.entries(result.multiValueHeaders ?? {}).map(
    ([name, values]) => [name, values.join(', ')] as const,
  );
  return {
    status: result.statusCode,
    headers: { ...result.headers, ...Object.fromEntries(several) },
    body: Buffer.from(result.body, result.isBase64Encoded ? 'base64' : 'utf8'),
  };
}

const WRAPPERS: readonly [string, (app: RequestListener) => Ask][] = [
  [
    '@codegenie/serverless-express',
    (app) => {
      const handler = configure({
        app,
        binarySettings: { isBinary: () => true },
      }) as unknown as (
        event: object,
        context: object,
      ) => Promise<GatewayResult>;
      return async (path, headers = {}) =>
        answerOf(await handler(gatewayEvent(path, headers), {}));
    },
  ],
  [
    'serverless-http',
    (app) => {
      const handler = serverlessHttp(app, { binary: true });
      return async (path, headers = {}) =>
        answerOf(
          (await handler(gatewayEvent(path, headers), {})) as GatewayResult,
        );
    },
  ],
];

describe.each(WRAPPERS)('An application behind %s', (_, wrap) => {
  let files: TemporaryDirectory;
  let app: INestApplication;
  let ask: Ask;

  beforeAll(async () => {
    files = await filesOnDisk();
    class FilesController extends DownloadController {
      override getFile({ params }: DownloadRequest): DownloadFile {
        const name = String(params.name);
        switch (name) {
          case 'content':
            return new ContentFile(bytesOf(5000), { name: 'content.bin' });
          case 'generated':
            return new VirtualFile(
              async function* () {
                await Promise.resolve();
                yield* ['Grüße ', 'aus ', 'Köln'];
              },
              { name: 'generated.txt' },
            );
          case 'missing':
            throw new FileNotFoundError('No such file');
          default:
            return new LocalFile(join(files.path, name));
        }
      }
    }
    app = await createApplication('express', {
      controllers: [FilesController.asController('files/:name')],
    });
    await app.init();
    const server: RequestListener = app.getHttpAdapter().getInstance();
    ask = wrap(server);
  });

  afterAll(async () => {
    await app.close();
    await files.remove();
  });

  it.each(Object.keys(FILES))('hands out %s as it is', async (name) => {
    const { status, headers, body } = await ask(`/files/${name}`);
    expect(status).toBe(200);
    expect(headers['content-length']).toBe(String(FILES[name]?.length));
    expect(body.equals(FILES[name] ?? Buffer.of(0))).toBe(true);
  });

  it.each([
    ['small.bin', 10, 19],
    ['large.bin', 70_000, 70_999],
    ['large.bin', 1000, 900_000],
  ])('hands out a range of %s', async (name, start, end) => {
    const { status, headers, body } = await ask(`/files/${name}`, {
      range: `bytes=${start}-${end}`,
    });
    expect(status).toBe(206);
    expect(headers['content-range']).toBe(
      `bytes ${start}-${end}/${FILES[name]?.length}`,
    );
    expect(body.equals(FILES[name]?.subarray(start, end + 1) ?? body)).toBe(
      true,
    );
  });

  it('hands out several ranges of a file', async () => {
    const { status, headers, body } = await ask('/files/large.bin', {
      range: 'bytes=0-4999,10000-14999',
    });
    expect(status).toBe(206);
    expect(headers['content-type']).toMatch(
      /^multipart\/byteranges; boundary=/,
    );
    expect(headers['content-length']).toBe(String(body.length));
    expect(body.includes(bytesOf(5000))).toBe(true);
    expect(body.includes(bytesOf(15_000).subarray(10_000))).toBe(true);
  });

  it('hands out content from memory', async () => {
    const { body } = await ask('/files/content');
    expect(body.equals(bytesOf(5000))).toBe(true);
  });

  it('hands out what is generated', async () => {
    const { status, body } = await ask('/files/generated');
    expect([status, body.toString()]).toEqual([200, 'Grüße aus Köln']);
  });

  it('answers a client that has the file already by 304', async () => {
    const { headers } = await ask('/files/text.txt');
    const answer = await ask('/files/text.txt', {
      'if-none-match': headers.etag ?? '',
    });
    expect([answer.status, answer.body.length]).toEqual([304, 0]);
  });

  it('answers a missing file by 404', async () => {
    expect((await ask('/files/missing')).status).toBe(404);
  });

  it('keeps nothing of a request that is over', async () => {
    await ask('/files/large.bin');
    await descriptorsClosed(join(files.path, 'large.bin'));
  });

  it('takes no request that is over for a client that has left', async () => {
    const log = new LogLines();
    app.useLogger(log);
    const outcomes = new Set<string | undefined>();
    const watch = app.get(DownloadEvents).subscribe(({ phase, outcome }) => {
      if (phase === 'finished') outcomes.add(outcome);
    });
    for (const name of [...Object.keys(FILES), 'content', 'generated']) {
      await ask(`/files/${name}`);
    }
    await descriptorsClosed(join(files.path, 'large.bin'));
    Logger.overrideLogger(false);
    watch.unsubscribe();
    expect([...outcomes]).toEqual(['completed']);
    expect(log.of('debug').join()).toContain('large.bin');
    expect(log.text).not.toContain('has left');
  });

  it('shuts down without waiting for requests that are over', async () => {
    await ask('/files/large.bin');
    const running = app.get(RunningDownloads);
    await expect(running.finish(60_000)).resolves.toBeUndefined();
  });
});

describe('An application that supertest asks', () => {
  let files: TemporaryDirectory;

  beforeAll(async () => {
    files = await filesOnDisk();
  });

  afterAll(() => files.remove());

  it.each(Object.keys(FILES))('hands out %s', async (name) => {
    const app = await createApplication('express', {
      controllers: [fileController(files, name)],
    });
    await app.init();
    const { body } = await request(app.getHttpServer())
      .get('/file')
      .buffer(true)
      .parse((response, done) => {
        const chunks: Buffer[] = [];
        response
          .on('data', (chunk: Buffer) => chunks.push(chunk))
          .on('end', () => done(null, Buffer.concat(chunks)));
      });
    expect(FILES[name]?.equals(body as Buffer)).toBe(true);
    await app.close();
  });
});

function fileController(
  files: TemporaryDirectory,
  name: string,
): ReturnType<typeof DownloadController.asController> {
  class FileController extends DownloadController {
    override getFile(): DownloadFile {
      return new LocalFile(join(files.path, name));
    }
  }
  return FileController.asController('file');
}
