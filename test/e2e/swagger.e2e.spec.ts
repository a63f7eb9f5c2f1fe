import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  type INestApplication,
  Param,
  Post,
  VersioningType,
} from '@nestjs/common';
import {
  ApiOperation,
  ApiResponse,
  DocumentBuilder,
  type OpenAPIObject,
  SwaggerModule,
} from '@nestjs/swagger';
import { compileErrors, validate } from '@readme/openapi-parser';
import {
  Download,
  MemoryStorage,
  PathDownloadController,
  sendfile,
  SignedUrl,
  StorageDownloadController,
} from 'nestjs-downloadview';
import { ApiDownload, withDownloads } from 'nestjs-downloadview/swagger';
import createClient from 'openapi-fetch';

import {
  type Adapter,
  ADAPTERS,
  createApplication,
  type RunningApplication,
  startApplication,
} from '../support/application.js';

const storage = new MemoryStorage();

@Controller('media/*key')
class MediaController extends StorageDownloadController {
  override pathParam = 'key';
}

@SignedUrl()
@ApiDownload({ summary: 'A report', parameters: { path: 'Its name.' } })
@Controller({ path: 'reports/:path', version: '2' })
class ReportController extends StorageDownloadController {
  override contentType = 'application/pdf';

  @Get('count')
  @ApiOperation({ summary: 'How many' })
  count(@Param('path') path: string): number {
    return path.length;
  }
}

@Controller('exports')
class ExportController {
  @Get(':id')
  @Download({ basename: 'rows.csv' })
  @ApiResponse({ status: 401, description: 'Who are you?' })
  rows(@Param('id') id: string): string {
    return id;
  }

  @Post()
  @Download({ basename: 'rows.csv' })
  make(): string {
    return 'a';
  }

  @Get('any/:name')
  @ApiDownload({ contentType: ['image/png', 'image/webp'] })
  any(@Param('name') name: string): unknown {
    return sendfile(name);
  }

  @Get()
  list(): string[] {
    return [];
  }
}

const controllers = [
  MediaController,
  ReportController,
  ExportController,
  PathDownloadController.asController('terms.pdf', {
    root: '/srv/legal',
    path: 'terms.pdf',
  }),
  PathDownloadController.asController('imprint', {
    root: '/srv/legal',
    path: 'imprint.html',
  }),
];
const options = {
  storages: { default: storage },
  signing: { secrets: ['a secret of the tests, 32 bytes long'] },
};

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

function configure(app: INestApplication): void {
  app.setGlobalPrefix('api');
  app.enableVersioning({ type: VersioningType.URI });
}

function documentOf(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder().setTitle('Files').build();
  return withDownloads(app, () => SwaggerModule.createDocument(app, config))();
}

function operationsOf(document: OpenAPIObject): Operation[] {
  return Object.values(document.paths).flatMap(({ get, post }) =>
    [get, post].filter((one) => one !== undefined),
  );
}

function parameters({ parameters = [] }: Operation): string[] {
  return parameters.flatMap((one) =>
    'name' in one ? [`${one.in} ${one.name}${one.required ? '!' : ''}`] : [],
  );
}

const CONDITIONS = [
  'header Range',
  'header If-Range',
  'header If-Match',
  'header If-None-Match',
  'header If-Modified-Since',
  'header If-Unmodified-Since',
];

let running: RunningApplication | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

beforeAll(async () => {
  await storage.save('sub/a.bin', Buffer.from([0, 1, 2, 255]));
});

describe.each(ADAPTERS)('withDownloads() on %s', (adapter: Adapter) => {
  async function made(moment: 'before' | 'after'): Promise<OpenAPIObject> {
    if (moment === 'after') {
      running = await startApplication(adapter, {
        controllers,
        options,
        configure,
      });
      return documentOf(running.app);
    }
    const app = await createApplication(adapter, { controllers, options });
    configure(app);
    return documentOf(app);
  }

  it.each(['before', 'after'] as const)(
    'makes a document %s init() that a strict parser accepts, with paths as they were written',
    async (moment) => {
      const document = await made(moment);

      const result = await validate(structuredClone(document) as never);
      expect(result.valid ? '' : compileErrors(result)).toBe('');
      expect(Object.keys(document.paths)).toEqual([
        '/api/media/{key}',
        '/api/v2/reports/{path}/count',
        '/api/v2/reports/{path}',
        '/api/exports/{id}',
        '/api/exports',
        '/api/exports/any/{name}',
        '/api/terms.pdf',
        '/api/imprint',
      ]);
    },
  );

  it('gives the route of a controller its path, conditions and answers', async () => {
    const { paths } = await made('after');
    const media = paths['/api/media/{key}']?.get as Operation;

    expect(parameters(media)).toEqual(['path key!', ...CONDITIONS]);
    expect(media.parameters?.[0]).toMatchObject({
      description: expect.stringContaining('must not be percent-encoded'),
    });
    expect(Object.keys(media.responses)).toEqual([
      '200',
      '206',
      '304',
      '404',
      '412',
      '416',
    ]);
    expect(media.responses[200]).toMatchObject({
      content: {
        'application/octet-stream': {
          schema: { type: 'string', format: 'binary' },
        },
      },
    });
  });

  it('gives a signed route 403, its query, its type and what @ApiDownload() says', async () => {
    const { paths } = await made('after');
    const report = paths['/api/v2/reports/{path}']?.get as Operation;

    expect(report.summary).toBe('A report');
    expect(parameters(report)).toEqual([
      'path path!',
      'query signature!',
      'query expires',
      ...CONDITIONS,
    ]);
    expect(report.parameters?.[0]).toMatchObject({ description: 'Its name.' });
    expect(report.responses[403]).toBeDefined();
    expect(report.responses[200]).toMatchObject({
      content: { 'application/pdf': {} },
    });
  });

  it('leaves the other handlers of a controller alone', async () => {
    const { paths } = await made('after');

    const count = paths['/api/v2/reports/{path}/count']?.get as Operation;
    expect(parameters(count)).toEqual(['path path!']);
    expect(Object.keys(count.responses)).toEqual(['200']);
    expect(paths['/api/exports']?.get?.responses).toEqual({
      200: expect.objectContaining({ description: '' }),
    });
  });

  it('describes handlers with @Download() and @ApiDownload(), beside what they say themselves', async () => {
    const { paths } = await made('after');
    const rows = paths['/api/exports/{id}']?.get as Operation;
    const any = paths['/api/exports/any/{name}']?.get as Operation;

    expect(parameters(rows)).toEqual(['path id!', ...CONDITIONS]);
    expect(rows.responses[401]).toMatchObject({ description: 'Who are you?' });
    expect(rows.responses[200]).toMatchObject({ content: { 'text/csv': {} } });
    expect(any.responses[206]).toMatchObject({
      content: {
        'image/png': {},
        'image/webp': {},
        'multipart/byteranges': {},
      },
    });
  });

  it('gives a download by POST neither conditions nor ranges, and 200', async () => {
    const { paths } = await made('after');
    const make = paths['/api/exports']?.post as Operation;

    expect(parameters(make)).toEqual([]);
    expect(Object.keys(make.responses)).toEqual(['200', '404']);
  });

  it('tells the type of one fixed file by its name', async () => {
    const { paths } = await made('after');

    expect(paths['/api/terms.pdf']?.get?.responses[200]).toMatchObject({
      content: { 'application/pdf': {} },
    });
  });

  it('gives each operation an id of its own, and leaves no mark in the document', async () => {
    const document = await made('after');
    const operations = operationsOf(document);
    const ids = operations.map(({ operationId }) => operationId);

    expect(new Set(ids).size).toBe(ids.length);
    expect(JSON.stringify(document)).not.toMatch(/"59[89]"/);
    const config = new DocumentBuilder().build();
    const plain = SwaggerModule.createDocument(
      (running as RunningApplication).app,
      config,
    );
    expect(JSON.stringify(plain)).not.toMatch(/"59[89]"/);
  });

  it('is taken by SwaggerModule.setup(), and a client made of it downloads', async () => {
    running = await startApplication(adapter, {
      controllers: [
        StorageDownloadController.asController('one/:path', {}),
        MediaController,
      ],
      options,
      configure: (app: INestApplication) =>
        SwaggerModule.setup(
          'docs',
          app,
          withDownloads(app, () =>
            SwaggerModule.createDocument(app, new DocumentBuilder().build()),
          ),
          { ui: false },
        ),
    });
    const { origin } = running;
    const answer = await fetch(`${origin}/docs-json`);
    const { paths } = (await answer.json()) as OpenAPIObject;
    expect(Object.keys(paths)).toEqual(['/one/{path}', '/media/{key}']);

    await storage.save('b.bin', Buffer.from([9, 8, 7]));
    const client = createClient<ClientPaths>({ baseUrl: origin });
    const { data } = await client.GET('/one/{path}', {
      params: { path: { path: 'b.bin' } },
      parseAs: 'arrayBuffer',
    });
    expect(Buffer.from(data as ArrayBuffer)).toEqual(Buffer.from([9, 8, 7]));
    // A wildcard's slashes are not to be encoded, and this client does.
    const wild = await client.GET('/media/{key}', {
      params: { path: { key: 'sub/a.bin' } },
      parseAs: 'arrayBuffer',
    });
    expect(wild.response.status).toBe(404);
    const plain = await fetch(`${origin}/media/sub/a.bin`);
    expect(plain.status).toBe(200);
  });
});

interface ClientPaths {
  '/one/{path}': { get: ClientOperation<'path'> };
  '/media/{key}': { get: ClientOperation<'key'> };
}
interface ClientOperation<Name extends string> {
  parameters: { path: Record<Name, string> };
  responses: { 200: { content: { 'application/octet-stream': string } } };
}
