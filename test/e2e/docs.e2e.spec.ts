import { generateKeyPairSync, verify } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import { type INestApplication, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { getRepositoryToken, TypeOrmModule } from '@nestjs/typeorm';
import {
  DownloadController,
  DownloadModule,
  DownloadStorage,
  DownloadStorages,
  FileSystemStorage,
  MemoryStorage,
  PathDownloadController,
  redirect,
  StorageDownloadController,
} from 'nestjs-downloadview';
import { DatabaseSlots } from 'nestjs-downloadview/typeorm';
import sharp from 'sharp';
import { DataSource } from 'typeorm';

import { createApplication, startApplication } from '../support/application.js';
import { httpRequest } from '../support/clients/http-client.js';
import { RemoteOrigin } from '../support/servers/remote-origin.js';
import { clientOf } from '../support/stores/swift.js';
import { loginOfStaff, STAFF } from '../support/staff.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

describe('the snippets of the documentation', () => {
  const repository = process.cwd();
  let directory: TemporaryDirectory;
  let app: INestApplication | undefined;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    await directory.write('manuals/hello.txt', 'Hello world!\n');
    await directory.write('legal/terms-2026.pdf', 'terms');
    await directory.write('media/photo.png', 'photo');
    await directory.write('reports/2026.pdf', 'report');
    process.chdir(directory.path);
  });

  afterEach(async () => {
    await app?.close();
    app = undefined;
    jest.restoreAllMocks();
  });

  afterAll(async () => {
    process.chdir(repository);
    await directory.remove();
  });

  it('main.ts hands out a file', async () => {
    const create = NestFactory.create.bind(NestFactory);
    const created = new Promise<INestApplication>((resolve) => {
      jest.spyOn(NestFactory, 'create').mockImplementation(async (module) => {
        const application = await create(module, { logger: false });
        resolve(application);
        return application;
      });
    });
    process.env.PORT = '0';
    await import('../docs/main.js');
    app = await created;
    const server = app.getHttpServer() as Server;
    if (!server.listening) await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const get = (path: string) =>
      httpRequest(`http://127.0.0.1:${port}`, `/manuals/${path}`);
    const answer = await get('hello.txt');
    expect(answer.text).toBe('Hello world!\n');
    expect(answer.headers['content-disposition']).toContain(
      'attachment; filename="hello.txt"',
    );
    expect((await get('..%2fsecret')).status).toBe(404);
  });

  it('concurrent.ts counts downloads in the database', async () => {
    const { LimitedModule } = await import('../docs/concurrent.js');
    const running = await startApplication('express', {
      downloadModule: LimitedModule,
    });
    app = running.app;
    const slots = new DatabaseSlots(app.get(DataSource));
    const taken = ['a', 'b', 'c'].map((unit) =>
      slots.take('127.0.0.1', unit, 3),
    );
    await Promise.all(taken);
    const ask = () => httpRequest(running.origin, '/manuals/hello.txt');
    expect((await ask()).status).toBe(429);
    await (
      await taken[0]
    )?.();
    expect((await ask()).text).toBe('Hello world!\n');
  });

  it('documents.ts hands out the file of a row to its owner alone', async () => {
    const { Document, DocumentController } =
      await import('../docs/documents.js');
    const storage = new MemoryStorage();
    const running = await startApplication('express', {
      options: { storages: { default: storage } },
      imports: [
        TypeOrmModule.forRoot({
          type: 'sqljs',
          entities: [Document],
          synchronize: true,
        }),
        TypeOrmModule.forFeature([Document]),
      ],
      controllers: [DocumentController],
      configure: (created) =>
        created.use((request: object, _: unknown, next: () => void) => {
          const owner = Reflect.get(Reflect.get(request, 'headers'), 'x-user');
          if (owner) Object.assign(request, { user: { id: Number(owner) } });
          next();
        }),
    });
    app = running.app;
    const file = await storage.save('x1.txt', 'content');
    await app
      .get(getRepositoryToken(Document))
      .save({ slug: 'first', file, title: 'The first.txt', ownerId: 7 });
    const ask = (headers: Record<string, string>) =>
      httpRequest(running.origin, '/documents/first', { headers });
    const own = await ask({ 'x-user': '7' });
    expect(own.text).toBe('content');
    expect(own.headers['content-disposition']).toContain(
      'filename="The first.txt"',
    );
    expect((await ask({ 'x-user': '8' })).status).toBe(404);
    expect((await ask({})).status).toBe(403);
  });

  it('pictures.ts keeps an upload with its row, and hands it out', async () => {
    const { PicturesModule } = await import('../docs/pictures.js');
    const running = await startApplication('express', {
      downloadModule: PicturesModule,
    });
    app = running.app;
    const form = new FormData();
    const add = () =>
      fetch(`${running.origin}/pictures`, { method: 'POST', body: form });
    expect((await add()).status).toBe(400);
    form.append('file', new Blob(['pixels']), 'chaton-éveillé.png');
    expect(await (await add()).json()).toEqual({
      id: 1,
      file: { name: 'chaton-éveillé.png' },
    });
    const picture = await httpRequest(running.origin, '/pictures/1');
    expect(picture.text).toBe('pixels');
    expect(picture.headers['content-disposition']).toContain(
      "filename*=UTF-8''chaton-%C3%A9veill%C3%A9.png",
    );
    expect(await readdir('media/pictures')).toEqual(['chaton-éveillé.png']);
  });

  it('ready-classes.ts hands out a fixed file and those of a storage', async () => {
    const { FilesModule } = await import('../docs/ready-classes.js');
    const running = await startApplication('fastify', {
      downloadModule: FilesModule,
    });
    app = running.app;
    const terms = await httpRequest(running.origin, '/terms');
    expect(terms.text).toBe('terms');
    expect(terms.headers['content-disposition']).toContain('terms.pdf');
    const photo = await httpRequest(running.origin, '/media/photo.png');
    expect(photo.headers['content-disposition']).toMatch(/^inline/);
  });

  it('handlers.ts sends what handlers return', async () => {
    const { ReportController } = await import('../docs/handlers.js');
    const running = await startApplication('express', {
      controllers: [ReportController],
    });
    app = running.app;
    const get = (path: string) =>
      httpRequest(running.origin, `/reports/${path}`);
    expect((await get('hello')).text).toBe('Hello world!\n');
    expect((await get('rows')).text).toBe('id,name\n1,Ada\n');
    const year = await get('year/2026');
    expect(year.text).toBe('report');
    expect(year.headers['content-disposition']).toContain('Report of 2026.pdf');
    expect((await get('year/..%2F2026')).status).toBe(404);
  });

  it('generated.ts makes lines for those who lack them', async () => {
    const { QuotesController } = await import('../docs/generated.js');
    const running = await startApplication('express', {
      controllers: [QuotesController],
    });
    app = running.app;
    const ask = (headers: Record<string, string>) =>
      httpRequest(running.origin, '/quotes.txt', { headers });
    const { text, headers } = await ask({});
    expect(text).toBe('To be, or not to be\nThe rest is silence\n');
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    const since = headers['last-modified'] ?? '';
    expect((await ask({ 'If-Modified-Since': since })).status).toBe(304);
  });

  it('csv.ts exports the rows of a table', async () => {
    const { Document } = await import('../docs/documents.js');
    const { ExportController } = await import('../docs/csv.js');
    const running = await startApplication('express', {
      imports: [
        TypeOrmModule.forRoot({
          type: 'sqljs',
          entities: [Document],
          synchronize: true,
        }),
        TypeOrmModule.forFeature([Document]),
      ],
      controllers: [ExportController],
    });
    app = running.app;
    const rows = Array.from({ length: 501 }, (_, index) => ({
      slug: `s${index}`,
      file: 'x',
      title: index === 500 ? '=1+1' : 'é',
      ownerId: 1,
    }));
    await app.get(getRepositoryToken(Document)).insert(rows);
    const get = (path: string) =>
      httpRequest(running.origin, `/exports/${path}`);
    const { text } = await get('documents');
    expect(text).toMatch(/^Id,Title\r\n1,é\r\n/);
    expect(text).toMatch(/\r\n501,'=1\+1\r\n$/);
    const pages = await get('documents-in-pages');
    expect(pages.text).toMatch(/^\ufeffid;title\r\n1;é\r\n/);
    expect(pages.text.split('\r\n')).toHaveLength(1 + 501 + 1);
  });

  it('archives.ts puts files into a ZIP and a tar file', async () => {
    const { ArchiveController } = await import('../docs/archives.js');
    const storage = new MemoryStorage();
    await storage.save('2026/Zürich.jpg', 'Zürich');
    await storage.save('2026/日本.jpg', '日本');
    const running = await startApplication('express', {
      options: { storages: { default: storage } },
      controllers: [ArchiveController],
    });
    app = running.app;
    for (const name of ['photos', 'backup']) {
      const { body, headers } = await httpRequest(
        running.origin,
        `/archives/${name}`,
      );
      expect(body.toString()).toContain('2026/日本.jpg');
      expect(body.toString()).toContain('Zürich');
      expect(headers).toMatchObject({
        'accept-ranges': 'bytes',
        'content-length': String(body.length),
      });
    }
  });

  it('own-file.ts refuses what is no number', async () => {
    const { AvatarController } = await import('../docs/own-file.js');
    const running = await startApplication('express', {
      controllers: [AvatarController],
    });
    app = running.app;
    expect((await httpRequest(running.origin, '/users/x/avatar')).status).toBe(
      404,
    );
    expect((await httpRequest(running.origin, '/users/1/avatar')).status).toBe(
      404,
    );
  });

  it('remote.ts passes on a file of another server', async () => {
    const origin = await RemoteOrigin.start();
    origin.sends(200, { 'Content-Type': 'application/pdf' }, 'invoice');
    process.env.BILLING_HOST = origin.host;
    const { InvoiceController } = await import('../docs/remote.js');
    const running = await startApplication('express', {
      controllers: [InvoiceController],
    });
    app = running.app;
    const { text, headers } = await httpRequest(
      running.origin,
      '/invoices/..%2F7',
    );
    expect(text).toBe('invoice');
    expect(headers['content-type']).toBe('application/pdf');
    expect(origin.requests[0]?.url).toBe('/invoices/..%2F7.pdf');
    await origin.close();
  });

  it('nginx.ts boots, and print-nginx.ts prints the configuration', async () => {
    const { AppModule } = await import('../docs/nginx.js');
    const running = await startApplication('express', {
      downloadModule: AppModule,
    });
    app = running.app;
    const log = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    await import('../docs/print-nginx.js');
    expect(log).toHaveBeenCalledWith(
      expect.stringContaining('alias "/srv/media/";'),
    );
  });

  it('servers.ts makes a backend for each server', async () => {
    const { backends } = await import('../docs/servers.js');
    expect(Object.values(backends).map(({ name }) => name)).toEqual([
      'apache',
      'lighttpd',
      'caddy',
      'nginx',
      'redirect',
    ]);
  });

  it('explain.ts says who sends a file', async () => {
    const { WhyService } = await import('../docs/explain.js');
    const running = await startApplication('express', {
      providers: [WhyService],
    });
    app = running.app;
    const photo = join(directory.path, 'media/photo.png');
    expect(await app.get(WhyService).why(photo)).toMatch(
      /^by the application: .+/,
    );
  });

  it('health.ts says which part of the way is broken', async () => {
    const { HealthModule } = await import('../docs/health.js');
    const storage = new MemoryStorage();
    await storage.save('canary.txt', 'canary');
    const running = await startApplication('express', {
      options: { storages: { default: storage } },
      imports: [HealthModule],
    });
    app = running.app;
    const { status, text } = await httpRequest(running.origin, '/health');
    expect(status).toBe(503);
    expect(JSON.parse(text)).toMatchObject({
      details: { downloads: { status: 'down', storage: { status: 'up' } } },
    });
  });

  it('links.ts hands out a file to whoever has the link', async () => {
    process.env.LINK_SECRET = 'x'.repeat(32);
    const { LinksModule } = await import('../docs/links.js');
    const running = await startApplication('express', {
      downloadModule: LinksModule,
      configure: loginOfStaff,
    });
    app = running.app;
    const path = '/links?key=photo.png';
    expect((await httpRequest(running.origin, path)).status).toBe(403);
    const { text: link } = await httpRequest(running.origin, path, {
      headers: STAFF,
    });
    const answer = await httpRequest(running.origin, link);
    expect(answer.text).toBe('photo');
    expect(answer.headers['content-disposition']).toContain('Our photo.png');
    const bare = await httpRequest(running.origin, '/shared/photo.png');
    expect(bare.status).toBe(403);
    for (const query of ['?key=none.png', '?key=../photo.png', '']) {
      const none = await httpRequest(running.origin, `/links${query}`, {
        headers: STAFF,
      });
      expect(none.status).toBe(404);
    }
  });

  it('limited-links.ts hands out a file once, until it is revoked', async () => {
    process.env.LINK_SECRET = 'x'.repeat(32);
    const { SharesModule } = await import('../docs/limited-links.js');
    const running = await startApplication('express', {
      downloadModule: SharesModule,
      configure: loginOfStaff,
    });
    app = running.app;
    const ask = (path: string, method = 'GET', headers = {}) =>
      httpRequest(running.origin, path, { method, headers });
    expect((await ask('/shares/photo.png', 'POST')).status).toBe(403);
    const share = async () => {
      const { text } = await ask('/shares/photo.png', 'POST', STAFF);
      return JSON.parse(text) as { id: string; url: string };
    };
    const { url } = await share();
    expect((await ask(url)).text).toContain('photo.png');
    const { headers } = await ask(url, 'POST');
    const { pathname } = new URL(headers.location ?? '', running.origin + url);
    expect((await ask(pathname)).text).toBe('photo');
    expect((await ask(url)).status).toBe(403);
    const other = await share();
    expect((await ask(`/shares/${other.id}`, 'DELETE')).status).toBe(403);
    const revoked = await ask(`/shares/${other.id}`, 'DELETE', STAFF);
    expect(revoked.text).toBe('true');
    expect((await ask(other.url)).status).toBe(403);
  });

  it('configuration.ts has two storages', async () => {
    const { AppModule, keep } = await import('../docs/configuration.js');
    app = (await startApplication('express', { downloadModule: AppModule }))
      .app;
    const storages = app.get(DownloadStorages, { strict: false });
    expect(await keep(storages, Buffer.from('x'))).toBe('invoices/0815.pdf');
    expect(DownloadModule).toBeDefined();
  });

  it('upload-in-transaction.ts keeps a picture with its file', async () => {
    const { Pictures } = await import('../docs/upload-in-transaction.js');
    const { PicturesModule } = await import('../docs/pictures.js');
    const running = await startApplication('express', {
      downloadModule: PicturesModule,
      providers: [Pictures],
    });
    app = running.app;
    const picture = await app
      .get(Pictures)
      .add('cat.png', Readable.from([Buffer.from('pixels')]));
    const { text } = await httpRequest(
      running.origin,
      `/pictures/${picture.id}`,
    );
    expect(text).toBe('pixels');
  });

  it('own-wrapper.ts is a file with ranges and a tag', async () => {
    const { BlobFile } = await import('../docs/own-wrapper.js');
    const bytes = Buffer.from('0123456789');
    const row = {
      name: 'digits.txt',
      size: bytes.length,
      sha256: 'abc',
      savedAt: new Date('2026-01-02T03:04:05Z'),
    };
    class BlobController extends DownloadController {
      getFile() {
        return new BlobFile(row, () => Promise.resolve(bytes));
      }
    }
    const running = await startApplication('express', {
      controllers: [BlobController.asController('blob')],
    });
    app = running.app;
    const { status, text, headers } = await httpRequest(
      running.origin,
      '/blob',
      { headers: { Range: 'bytes=2-4' } },
    );
    expect([status, text, headers.etag]).toEqual([206, '234', '"abc"']);
  });

  it('own-backend.ts sends clients to a CDN, and nobody to what is missing', async () => {
    const { cdn } = await import('../docs/own-backend.js');
    const origin = 'https://cdn.example';
    const running = await startApplication('express', {
      options: {
        backend: cdn(origin, (url) => `${url}?signature=x`),
        storages: {
          default: new FileSystemStorage({
            root: join(directory.path, 'media'),
            baseUrl: origin,
          }),
        },
      },
      controllers: [StorageDownloadController.asController('media/*path')],
    });
    app = running.app;
    const ask = (name: string) => httpRequest(running.origin, `/media/${name}`);
    const { status, headers } = await ask('photo.png');
    expect([status, headers.location]).toEqual([
      302,
      `${origin}/photo.png?signature=x`,
    ]);
    expect((await ask('missing.png')).status).toBe(404);
  });

  it('s3.ts boots, and asks the store for nothing before a download', async () => {
    const { BucketModule } = await import('../docs/s3.js');
    const running = await startApplication('express', {
      downloadModule: BucketModule,
    });
    app = running.app;
    const { status } = await httpRequest(running.origin, '/media/..%2Fx');
    expect(status).toBe(404);
  });

  it('events.ts writes a line when a download is over', async () => {
    const { DownloadAudit } = await import('../docs/events.js');
    const logged = new Promise((resolve) => {
      jest
        .spyOn(Logger.prototype, 'log')
        .mockImplementation((line: unknown) => {
          if (typeof line === 'object') resolve(line);
        });
    });
    const storage = new MemoryStorage();
    await storage.save('a.txt', 'abc');
    const running = await startApplication('express', {
      options: { storages: { default: storage } },
      controllers: [StorageDownloadController.asController('media/*path')],
      providers: [DownloadAudit],
    });
    app = running.app;
    await httpRequest(running.origin, '/media/a.txt');
    expect(await logged).toMatchObject({ outcome: 'completed', key: 'a.txt' });
  });

  it('metrics.ts boots', async () => {
    const { MeasuredModule } = await import('../docs/metrics.js');
    app = (
      await startApplication('express', { downloadModule: MeasuredModule })
    ).app;
    const { DownloadMetrics } =
      await import('nestjs-downloadview/opentelemetry');
    expect(app.get(DownloadMetrics, { strict: false })).toBeDefined();
  });

  it('openapi.ts describes downloads', async () => {
    const { describeApi } = await import('../docs/openapi.js');
    const running = await startApplication('express', {
      options: { storages: { default: new MemoryStorage() } },
      controllers: [StorageDownloadController.asController('media/*path')],
      configure: describeApi,
    });
    app = running.app;
    const { text } = await httpRequest(running.origin, '/api-json');
    expect(Object.keys(JSON.parse(text).paths)).toEqual(['/media/{path}']);
    expect(text).toContain('"206"');
  });

  it('frameworks.ts looks rows up by the words of Prisma and Mongoose', async () => {
    const {
      MongooseInvoiceController,
      PrismaInvoiceController,
      PrismaService,
      protect,
    } = await import('../docs/frameworks.js');
    const asked: unknown[] = [];
    const row = { id: 7, _id: '7', number: 'R1', file: 'r1.txt' };
    const find = (...given: unknown[]) => {
      asked.push(given);
      return Promise.resolve(row);
    };
    const storage = new MemoryStorage();
    await storage.save('r1.txt', 'invoice');
    const running = await startApplication('express', {
      options: { storages: { default: storage } },
      controllers: [PrismaInvoiceController, MongooseInvoiceController],
      providers: [
        { provide: PrismaService, useValue: { invoice: { findUnique: find } } },
        { provide: 'InvoiceModel', useValue: { findOne: find } },
      ],
      configure: protect,
    });
    app = running.app;
    const ask = (path: string) => httpRequest(running.origin, path);
    expect((await ask('/prisma/7')).text).toBe('invoice');
    expect((await ask('/prisma/x')).status).toBe(404);
    expect((await ask('/mongoose/7')).text).toBe('invoice');
    expect(asked).toEqual([
      [{ where: { id: 7 } }],
      [{ _id: '7' }, null, { strictQuery: 'throw' }],
    ]);
  });

  it('serverless.ts answers an event with bytes', async () => {
    const { handlerOf } = await import('../docs/serverless.js');
    const storage = new MemoryStorage();
    await storage.save('a.bin', Buffer.from([0, 255, 1, 254]));
    app = await createApplication('express', {
      options: { storages: { default: storage } },
      controllers: [StorageDownloadController.asController('media/*path')],
    });
    await app.init();
    const answer = await handlerOf(app)(
      {
        httpMethod: 'GET',
        path: '/media/a.bin',
        headers: {},
        requestContext: {},
      },
      {},
    );
    expect(answer).toMatchObject({
      statusCode: 200,
      isBase64Encoded: true,
      body: Buffer.from([0, 255, 1, 254]).toString('base64'),
    });
  });

  it('coming-from.ts sends what the others did', async () => {
    const { ReportsController } = await import('../docs/coming-from.js');
    const running = await startApplication('express', {
      controllers: [ReportsController],
    });
    app = running.app;
    const get = (path: string) =>
      httpRequest(running.origin, `/reports/${path}`);
    const year = await get('year');
    expect(year.text).toBe('report');
    expect(year.headers['content-disposition']).toContain('Report.pdf');
    const shown = await get('shown/2026.pdf');
    expect(shown.headers['content-disposition']).toMatch(/^inline/);
    expect((await get('bytes')).text).toBe('Hello world!\n');
  });

  it('cross-origin.ts lets a page of another origin read the name', async () => {
    const { allowPages, downloads } = await import('../docs/cross-origin.js');
    const running = await startApplication('express', {
      downloadModule: downloads,
      controllers: [
        PathDownloadController.asController('manuals/*path', {
          root: join(directory.path, 'manuals'),
        }),
      ],
      configure: allowPages,
    });
    app = running.app;
    const { headers } = await httpRequest(
      running.origin,
      '/manuals/hello.txt',
      { headers: { Origin: 'https://app.example' } },
    );
    expect(headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'access-control-expose-headers': expect.stringContaining(
        'Content-Disposition',
      ),
    });
  });

  it('derived.ts makes a thumbnail once', async () => {
    const { ThumbnailController } = await import('../docs/derived.js');
    const storage = new MemoryStorage();
    const photo = { width: 400, height: 300, background: 'red' };
    const bytes = await sharp({ create: { ...photo, channels: 3 } })
      .png()
      .toBuffer();
    await storage.save('photos/pixel.png', bytes);
    const save = jest.spyOn(storage, 'save');
    const running = await startApplication('express', {
      options: { storages: { default: storage } },
      controllers: [ThumbnailController],
    });
    app = running.app;
    const ask = (name: string) =>
      httpRequest(running.origin, `/thumbnails/${name}`);
    for (const { status, headers } of [
      await ask('pixel.png'),
      await ask('pixel.png'),
    ]) {
      expect(status).toBe(200);
      expect(headers['content-type']).toBe('image/webp');
    }
    expect(save).toHaveBeenCalledTimes(1);
    expect((await ask('missing.png')).status).toBe(404);
    expect((await ask('..%2Fphotos%2Fpixel.png')).status).toBe(404);
  });

  it('stores.ts makes storages of the other clouds', async () => {
    const { stores } = await import('../docs/stores.js');
    const { azure, google } = stores('UseDevelopmentStorage=true');
    expect(azure).toBeInstanceOf(DownloadStorage);
    expect(google).toBeInstanceOf(DownloadStorage);
  });

  it('completions.ts prints the directives for what it reads', async () => {
    const { downloads, printed } = await import('../docs/completions.js');
    app = (await startApplication('express', { downloadModule: downloads }))
      .app;
    expect(printed).toContain('syslog:server=127.0.0.1:5140');
  });

  it('temporary.ts hands out a file that is made for it', async () => {
    const { ExportsModule } = await import('../docs/temporary.js');
    const running = await startApplication('express', {
      downloadModule: ExportsModule,
    });
    app = running.app;
    const { text, headers } = await httpRequest(
      running.origin,
      '/exports/today',
    );
    expect(text).toBe('Made for one download.\n');
    expect(headers['content-disposition']).toContain('today.txt');
  });

  it('cloudfront.ts sends clients to addresses that hold by the public key', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
    });
    const { CloudFrontStorage } = await import('../docs/cloudfront.js');
    const storage = new CloudFrontStorage({
      client: clientOf(
        { credentials: { accessKeyId: 'AKID', secretAccessKey: 'SECRET' } },
        'http://127.0.0.1:9',
      ),
      bucket: 'media',
    });
    Object.assign(storage, {
      keyPairId: 'K2JCJMDEHXQW5F',
      privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    });
    jest.spyOn(storage, 'stat').mockResolvedValue({ size: 1, etag: '"a"' });
    const { domain } = storage;
    const running = await startApplication('express', {
      options: {
        storages: { default: storage },
        backend: redirect({ hosts: [domain] }),
      },
      controllers: [StorageDownloadController.asController('media/*path')],
    });
    app = running.app;
    const { headers, status } = await httpRequest(
      running.origin,
      "/media/a/it's%20%C3%BC%20+.pdf",
    );
    const [, resource = '', expires, text = '', pair] =
      /^(.*)&Expires=(\d+)&Signature=([\w~-]+)&Key-Pair-Id=(\w+)$/.exec(
        headers.location ?? '',
      ) ?? [];
    const signature = text.replace(
      /[-_~]/g,
      (character) => ({ '-': '+', _: '=', '~': '/' })[character] ?? '',
    );
    const holds = (address: string, until = expires): boolean =>
      verify(
        'RSA-SHA1',
        // What CloudFront makes of the address, to the byte.
        Buffer.from(
          `{"Statement":[{"Resource":"${address}","Condition":{"DateLessThan":{"AWS:EpochTime":${until}}}}]}`,
        ),
        publicKey,
        Buffer.from(signature, 'base64'),
      );

    expect([status, pair]).toEqual([302, 'K2JCJMDEHXQW5F']);
    expect(Number(expires) - Date.now() / 1000).toBeGreaterThan(200);
    expect(holds(resource)).toBe(true);
    expect(holds(resource.replace('pdf', 'txt'))).toBe(false);
    expect(holds(resource, '9999999999')).toBe(false);
    const { host, pathname, searchParams } = new URL(resource);
    expect([host, decodeURIComponent(pathname)]).toEqual([
      domain,
      "/media/a/it's ü +.pdf",
    ]);
    expect(Object.fromEntries(searchParams)).toEqual({
      'response-content-type': 'application/pdf',
      'response-content-disposition': expect.stringMatching(/^attachment; /),
    });
  });
});
