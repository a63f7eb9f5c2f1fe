import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import { type AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  Download,
  DownloadModule,
  sendfile,
  VirtualFile,
} from 'nestjs-downloadview';

import { descriptorsClosed } from '../support/files/open-descriptors.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

const CONTENT = Buffer.alloc(3_000_000, 'content ');

describe('HTTP/2 on fastify', () => {
  let directory: TemporaryDirectory;
  let app: INestApplication;
  let client: ClientHttp2Session;
  let path: string;
  let begun: () => void;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    path = await directory.write('file.bin', CONTENT);
    const hasBegun = new Promise<void>((resolve) => (begun = resolve));

    @Controller()
    class FileController {
      @Get('file')
      file() {
        return sendfile(path);
      }

      @Get('broken')
      @Download()
      broken() {
        return new VirtualFile(
          async function* () {
            yield 'begin';
            await hasBegun;
            throw new Error('no more');
          },
          { name: 'broken.txt' },
        );
      }
    }
    class RootModule {}
    app = await NestFactory.create(
      {
        module: RootModule,
        imports: [DownloadModule.forRoot({})],
        controllers: [FileController],
      },
      new FastifyAdapter({ http2: true }),
      { logger: false },
    );
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    client = connect(`http://127.0.0.1:${port}`);
  });

  afterAll(async () => {
    client.close();
    await app.close();
    await directory.remove();
  });

  async function get(headers: Record<string, string>) {
    const stream = client.request(headers);
    const response = once(stream, 'response') as Promise<[IncomingHttpHeaders]>;
    const chunks: Buffer[] = [];
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks.push(chunk);
    }
    const [received] = await response;
    return { headers: received, body: Buffer.concat(chunks) };
  }

  it('sends a file whole, and a range of it', async () => {
    const whole = await get({ ':path': '/file' });
    expect(whole.headers[':status']).toBe(200);
    expect(whole.body.equals(CONTENT)).toBe(true);
    const part = await get({ ':path': '/file', range: 'bytes=8-15' });
    expect(part.headers[':status']).toBe(206);
    expect(part.body.toString()).toBe('content ');
  });

  it('answers HEAD without a body', async () => {
    const head = await get({ ':path': '/file', ':method': 'HEAD' });
    expect(head.headers['content-length']).toBe(String(CONTENT.length));
    expect(head.body).toHaveLength(0);
  });

  it('resets the stream, not the connection, where the source fails', async () => {
    const stream = client.request({ ':path': '/broken' });
    stream.once('data', () => begun());
    const [error] = (await once(stream, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ERR_HTTP2_STREAM_ERROR');
    expect(stream.rstCode).toBe(constants.NGHTTP2_INTERNAL_ERROR);
    expect((await get({ ':path': '/file' })).body).toHaveLength(CONTENT.length);
  });

  it('closes the file of a client that leaves', async () => {
    const stream = client.request({ ':path': '/file' });
    await once(stream, 'response');
    stream.close(constants.NGHTTP2_CANCEL);
    await descriptorsClosed(path);
  });
});
