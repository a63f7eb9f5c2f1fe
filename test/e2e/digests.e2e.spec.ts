import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  MemoryStorage,
  nginx,
  ObjectDownloadController,
  PathDownloadController,
} from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import {
  type HttpAnswer,
  httpRequest,
} from '../support/clients/http-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

// RFC 9530, B.1.
const TEXT = '{"hello": "world"}\n';
const HEX = '44aff4ab2d7c3250525675a08f0cfa9591168cffe51791c5f5bbc417c15a6c38';
const DIGEST = `sha-256=:${Buffer.from(HEX, 'hex').toString('base64')}:`;

const ROWS = {
  findOne: ({ where }: { where: object }) =>
    Promise.resolve({
      file: 'hello.json',
      digest: HEX,
      ...where,
    }),
};

describe.each(ADAPTERS)('The digest of a file, on %s', (adapter) => {
  let running: RunningApplication;
  let directory: TemporaryDirectory;

  beforeAll(async () => {
    const storage = new MemoryStorage();
    await storage.save('hello.json', TEXT);
    directory = await temporaryDirectory();
    await directory.write('hello.json', TEXT);
    running = await startApplication(adapter, {
      options: { storages: { default: storage }, exposeHeaders: true },
      providers: [{ provide: 'rows', useValue: ROWS }],
      controllers: [
        ObjectDownloadController.asController('files/:id', {
          repository: 'rows',
          digestField: 'digest',
        }),
        PathDownloadController.asController('local/*path', {
          root: directory.path,
          etag: 'content',
        }),
        PathDownloadController.asController('offloaded/*path', {
          root: directory.path,
          etag: 'content',
          backend: nginx({
            rules: [{ sourceDir: directory.path, destination: '/_files/' }],
          }),
        }),
      ],
    });
  });

  afterAll(async () => {
    await running.close();
    await directory.remove();
  });

  const get = (
    headers: Record<string, string> = {},
    method = 'GET',
  ): Promise<HttpAnswer> =>
    httpRequest(running.origin, '/files/1', { method, headers });

  it('stands in Repr-Digest, of the whole file', async () => {
    const answers = [
      await get(),
      await get({}, 'HEAD'),
      await get({ Range: 'bytes=0-1' }),
      await get({ Range: 'bytes=0-1,4-5' }),
    ];
    expect(
      answers.map(({ status, headers }) => [status, headers['repr-digest']]),
    ).toEqual([200, 200, 206, 206].map((status) => [status, DIGEST]));
    expect(answers[0]?.headers['access-control-expose-headers']).toContain(
      'Repr-Digest',
    );
  });

  it.each(['/local/hello.json', '/offloaded/hello.json'])(
    'is known where the bytes make the tag: %s',
    async (path) => {
      const { status, headers } = await httpRequest(running.origin, path);
      expect([status, headers['repr-digest']]).toEqual([200, DIGEST]);
    },
  );

  it('is not of an answer without the file', async () => {
    const { headers } = await get();
    const answers = [
      await get({ 'If-None-Match': headers.etag ?? '' }),
      await get({ 'If-Match': '"other"' }),
      await get({ Range: 'bytes=99-' }),
    ];
    expect(
      answers.map(({ status, headers }) => [status, headers['repr-digest']]),
    ).toEqual([304, 412, 416].map((status) => [status, undefined]));
  });

  it.each([
    ['sha-256=10', DIGEST],
    ['sha-512=10, sha-256=1', DIGEST],
    ['sha-256=0', undefined],
  ])('heeds Want-Repr-Digest: %s', async (wanted, digest) => {
    const { headers } = await get({ 'Want-Repr-Digest': wanted });
    expect(headers['repr-digest']).toBe(digest);
  });
});
