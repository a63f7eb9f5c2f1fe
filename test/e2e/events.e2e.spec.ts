import {
  afterEach,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { appendFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { Readable } from 'node:stream';

import {
  ConsoleLogger,
  Controller,
  ForbiddenException,
  Get,
  Post,
  Query,
  UseGuards,
} from '@nestjs/common';
import {
  Download,
  type DownloadEvent,
  DownloadEvents,
  type DownloadResponse,
  MemoryStorage,
  ObjectDownloadController,
  type FileStat,
  nginx,
  PathDownloadController,
  redirect,
  sendfile,
  stream,
  SignedUrl,
  StorageUnavailableError,
  StorageDownloadController,
  UrlSigner,
  VirtualFile,
} from 'nestjs-downloadview';
import { firstValueFrom, filter, take, toArray } from 'rxjs';

import {
  type Adapter,
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { httpRequest } from '../support/clients/http-client.js';
import { SIGNING } from '../support/links/links.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

let root: string;

const LARGE = 32 * 1024 * 1024;

@Controller('generated')
class GeneratedController {
  @Get('whole')
  @Download()
  whole(): VirtualFile {
    return new VirtualFile(() => Readable.from(['abc', 'def']), {
      name: 'whole.txt',
    });
  }

  @Get('broken')
  @Download()
  broken(): VirtualFile {
    async function* chunks(): AsyncGenerator<string> {
      yield 'abc';
      await new Promise(setImmediate);
      throw new TypeError('the source broke');
    }
    return new VirtualFile(chunks, { name: 'broken.txt' });
  }

  @Get('guarded')
  @UseGuards({
    canActivate: () => {
      throw new ForbiddenException();
    },
  })
  @Download()
  guarded(): string {
    return 'never';
  }

  @Post('rows')
  @Download({ basename: 'rows.csv' })
  rows(): string {
    return 'a,b\n';
  }

  @Post('upload')
  upload(): never {
    throw new StorageUnavailableError('The disk is full');
  }

  @Get('sent')
  sent(@Query('name') name = 'a.txt'): DownloadResponse {
    return sendfile(name, { root });
  }

  @Get('plain')
  plain(): string {
    return 'no download';
  }
}

/** A store that clients may be sent to. */
class Elsewhere extends MemoryStorage {
  override stat(): Promise<FileStat> {
    return Promise.resolve({ size: 3, etag: '"a"' });
  }

  temporaryUrl(): Promise<string> {
    return Promise.resolve('https://store.example/a.txt?signature=1');
  }
}

describe.each(ADAPTERS)('DownloadEvents on %s', (adapter: Adapter) => {
  let directory: TemporaryDirectory;
  let running: RunningApplication;
  let seen: DownloadEvent[];
  let events: DownloadEvents;

  beforeEach(async () => {
    directory = await temporaryDirectory();
    root = directory.path;
    await directory.write('a.txt', '0123456789');
    await directory.zeros('large.bin', LARGE);
    const storage = new MemoryStorage();
    await storage.save('sub/b.txt', 'bcd');

    running = await startApplication(adapter, {
      options: {
        storages: { default: storage, elsewhere: new Elsewhere() },
        signing: SIGNING,
        shutdownTimeout: 0,
      },
      controllers: [
        GeneratedController,
        PathDownloadController.asController('files/*path', {
          root: directory.path,
        }),
        PathDownloadController.asController('offloaded/*path', {
          root: directory.path,
          backend: nginx({
            rules: [
              { sourceDir: `${directory.path}/`, destination: '/_offload/' },
            ],
          }),
        }),
        StorageDownloadController.asController('media/*path', {}),
        PathDownloadController.asController('signed/*path', {
          root: directory.path,
          decorators: [SignedUrl()],
        }),
        PathDownloadController.asController('slow/*path', {
          root: directory.path,
          backend: stream({ idleTimeout: 100 }),
        }),
        StorageDownloadController.asController('redirected/*path', {
          storage: 'elsewhere',
          backend: redirect({ hosts: ['store.example'] }),
        }),
        ObjectDownloadController.asController('rows/:id', {
          repository: {
            findOne: async () => ({
              id: '1',
              file: 'sub/b.txt',
              title: 'Title.txt',
            }),
          },
          basenameField: 'title',
        }),
      ],
    });
    events = running.app.get(DownloadEvents);
    seen = [];
    events.subscribe((event) => void seen.push(event));
  });

  afterEach(async () => {
    await running.close();
    await directory.remove();
  });

  /** The two events of one request. */
  function both(): Promise<DownloadEvent[]> {
    return firstValueFrom(events.pipe(take(2), toArray()));
  }

  async function eventsOf(
    path: string,
    headers: Record<string, string> = {},
    method = 'GET',
  ): Promise<[started: DownloadEvent, finished: DownloadEvent]> {
    const coming = both();
    await httpRequest(running.origin, `/${path}`, { headers, method }).catch(
      () => undefined,
    );
    return (await coming) as [DownloadEvent, DownloadEvent];
  }

  it('tell when a file of a disk begins and that all of it was sent', async () => {
    const [started, finished] = await eventsOf('files/a.txt');

    expect(started).toMatchObject({
      phase: 'started',
      sender: 'application',
      method: 'GET',
      status: 200,
      duration: 0,
      file: { name: 'a.txt' },
      handler: 'handleDownload',
    });
    expect(started.outcome).toBeUndefined();
    expect(finished).toMatchObject({
      id: started.id,
      phase: 'finished',
      outcome: 'completed',
      status: 200,
      bytes: 10,
      size: 10,
    });
    expect(finished.duration).toBeGreaterThan(0);
    expect(finished.request.url).toBe('/files/a.txt');
    expect(seen).toEqual([started, finished]);
  });

  it('name the storage and the key of its files', async () => {
    const [, finished] = await eventsOf('media/sub/b.txt');

    expect(finished.file).toEqual({
      name: 'b.txt',
      storage: 'default',
      key: 'sub/b.txt',
    });
    expect(finished.bytes).toBe(3);
  });

  it('name them where a row says what the file is called', async () => {
    const [, finished] = await eventsOf('rows/1');

    expect(finished.file).toEqual({
      name: 'Title.txt',
      storage: 'default',
      key: 'sub/b.txt',
    });
  });

  it('tell the range that was sent', async () => {
    const [, finished] = await eventsOf('files/a.txt', { range: 'bytes=2-5' });

    expect(finished).toMatchObject({
      outcome: 'completed',
      status: 206,
      bytes: 4,
      size: 10,
      range: { start: 2, end: 5 },
    });
  });

  it('count the bytes of several ranges with what stands between them', async () => {
    const coming = both();
    const answer = await httpRequest(running.origin, `/files/a.txt`, {
      headers: { range: 'bytes=0-1,5-6' },
    });
    const [, finished] = await coming;

    expect(finished?.bytes).toBe(answer.body.length);
    expect(finished?.range).toBeUndefined();
  });

  it('count the bytes of a large file exactly', async () => {
    const [, finished] = await eventsOf('files/large.bin');

    expect(finished).toMatchObject({ outcome: 'completed', bytes: LARGE });
  });

  it.each([
    ['HEAD', 'files/a.txt', {}, 'HEAD', 'completed', 200],
    [
      '304',
      'files/a.txt',
      { 'if-none-match': '*' },
      'GET',
      'not-modified',
      304,
    ],
    ['412', 'files/a.txt', { 'if-match': '"x"' }, 'GET', 'refused', 412],
    ['416', 'files/a.txt', { range: 'bytes=99-' }, 'GET', 'refused', 416],
    ['404', 'files/none.txt', {}, 'GET', 'refused', 404],
  ] as const)(
    'tell of %s, which has no body of the file',
    async (_title, path, headers, method, outcome, status) => {
      const [, finished] = await eventsOf(path, { ...headers }, method);

      expect(finished).toMatchObject({ outcome, status, bytes: 0, method });
      expect(finished.error === undefined).toBe(outcome !== 'refused');
    },
  );

  it.each([
    ['412', '', { 'if-match': '"x"' }, 412],
    ['416', '', { range: 'bytes=99-' }, 416],
    ['404', '?name=none.txt', {}, 404],
  ] as const)(
    'tell of %s where a handler returns sendfile(), without @Download()',
    async (_title, query, headers, status) => {
      const path = `generated/sent${query}`;
      const [, finished] = await eventsOf(path, { ...headers });

      expect(finished).toMatchObject({ outcome: 'refused', status, bytes: 0 });
    },
  );

  it('tell nothing of an upload that its storage fails', async () => {
    const url = `${running.origin}/generated/upload`;
    const { status } = await fetch(url, { method: 'POST' });
    expect(status).toBe(503);
    expect(seen).toEqual([]);
  });

  it('tell of generated content, by GET and by POST', async () => {
    const [, whole] = await eventsOf('generated/whole');
    const [, rows] = await eventsOf('generated/rows', {}, 'POST');

    expect(whole).toMatchObject({
      outcome: 'completed',
      bytes: 6,
      file: { name: 'whole.txt' },
      controller: 'GeneratedController',
      handler: 'whole',
    });
    expect(rows).toMatchObject({
      outcome: 'completed',
      bytes: 4,
      method: 'POST',
    });
  });

  it('tell of a source that fails, with its error', async () => {
    const [, finished] = await eventsOf('generated/broken');

    expect(finished).toMatchObject({ outcome: 'failed', bytes: 3 });
    expect(finished.error).toBeInstanceOf(TypeError);
  });

  it('tell of a client that leaves, with fewer bytes than the file has', async () => {
    const coming = both();
    const socket = connect(running.port, '127.0.0.1');
    socket.write('GET /files/large.bin HTTP/1.1\r\nHost: a\r\n\r\n');
    socket.once('data', () => socket.resetAndDestroy());
    const [, finished] = await coming;

    expect(finished?.outcome).toBe('aborted');
    expect(finished?.bytes).toBeLessThan(LARGE);
  });

  /** A client that reads nothing after the first bytes. */
  async function beginLarge(path: string): Promise<void> {
    const socket = connect(running.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`GET /${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await once(socket, 'readable');
  }

  it('tell of a client that takes nothing as failed, with the reason', async () => {
    const coming = both();
    await beginLarge('slow/large.bin');
    const [, finished] = await coming;

    expect(finished).toMatchObject({ outcome: 'failed', status: 200 });
    expect(finished?.error?.message).toContain('took nothing');
  });

  it('tell of what is cut off when the application closes as failed, with the reason', async () => {
    const coming = both();
    await beginLarge('files/large.bin');
    await running.app.close();
    const [, finished] = await coming;

    expect(finished).toMatchObject({ outcome: 'failed', status: 200 });
    expect(finished?.error?.message).toContain('shuts down');
  });

  it('give no id to what is not handed to a server', async () => {
    const answers = [
      await httpRequest(running.origin, '/files/a.txt'),
      await httpRequest(running.origin, '/offloaded/a.txt', { method: 'HEAD' }),
      await httpRequest(running.origin, '/offloaded/none.txt'),
      await httpRequest(running.origin, '/offloaded/a.txt', {
        headers: { 'If-Match': '"other"' },
      }),
      await httpRequest(running.origin, '/redirected/a.txt'),
    ];

    expect(answers.map(({ status }) => status)).toEqual([
      200, 200, 404, 412, 302,
    ]);
    for (const { headers } of answers) {
      expect(headers).not.toHaveProperty('x-download-id');
    }
  });

  it('tell that a client was sent to a store', async () => {
    const coming = both();
    await httpRequest(running.origin, '/redirected/a.txt');
    const [started, finished] = await coming;

    expect(started?.sender).toBe('redirect');
    expect(finished).toMatchObject({
      outcome: 'handed-over',
      sender: 'redirect',
      status: 302,
    });
    expect(finished?.bytes).toBeUndefined();
  });

  it('tell that a file was handed over, by the id that the server gets', async () => {
    const coming = both();
    const answer = await httpRequest(running.origin, `/offloaded/a.txt`);
    const [started, finished] = await coming;

    expect(started?.sender).toBe('nginx');
    expect(finished).toMatchObject({
      outcome: 'handed-over',
      sender: 'nginx',
      size: 10,
    });
    expect(finished?.bytes).toBeUndefined();
    expect(answer.headers['x-download-id']).toBe(finished?.id);
  });

  it('tell of a signed link that does not hold, by the guard', async () => {
    const signer = running.app.get(UrlSigner);
    const [, refused] = await eventsOf('signed/a.txt?signature=forged');
    const [, sent] = await eventsOf(signer.sign('/signed/a.txt').slice(1));

    expect(refused).toMatchObject({
      outcome: 'refused',
      status: 403,
      bytes: 0,
      file: { name: 'a.txt' },
    });
    expect(sent).toMatchObject({ outcome: 'completed', bytes: 10 });
    expect(seen).toHaveLength(4);
  });

  it('say nothing of what is no download: guards, other methods, other routes', async () => {
    await httpRequest(running.origin, `/generated/guarded`);
    await httpRequest(running.origin, `/files/a.txt`, { method: 'POST' });
    await httpRequest(running.origin, `/nowhere`);
    await httpRequest(running.origin, `/generated/plain`);

    const [, finished] = await eventsOf('files/a.txt');
    expect(seen).toHaveLength(2);
    expect(seen[1]).toBe(finished);
  });

  it('come on the diagnostics channel, too, without any subscriber here', async () => {
    await running.close();
    const messages: DownloadEvent[] = [];
    const done = new Promise<void>((resolve) => {
      const onMessage = (message: unknown): void => {
        messages.push(message as DownloadEvent);
        if (messages.length < 2) return;
        unsubscribe('nestjs-downloadview:download', onMessage);
        resolve();
      };
      subscribe('nestjs-downloadview:download', onMessage);
    });
    running = await startApplication(adapter, {
      controllers: [
        PathDownloadController.asController('files/*path', {
          root: directory.path,
        }),
      ],
    });

    await httpRequest(running.origin, `/files/a.txt`);
    await done;

    expect(messages[1]).toMatchObject({ outcome: 'completed', bytes: 10 });
  });

  it('let a listener that throws do no harm to the download', async () => {
    events.pipe(filter(() => true)).subscribe(() => {
      throw new Error('a listener');
    });

    const answer = await httpRequest(running.origin, `/files/a.txt`);

    expect(answer.body.toString()).toBe('0123456789');
  });
});

describe.each(ADAPTERS)('completions on %s', (adapter: Adapter) => {
  it('follow what was handed over with what the server logged', async () => {
    const directory = await temporaryDirectory();
    await directory.write('a.txt', '0123456789');
    const log = await directory.write('downloads.log', '');
    const running = await startApplication(adapter, {
      options: {
        completions: { file: log },
        backend: nginx({
          rules: [
            { sourceDir: `${directory.path}/`, destination: '/_offload/' },
          ],
        }),
      },
      controllers: [
        PathDownloadController.asController('a.txt', {
          root: directory.path,
          path: 'a.txt',
        }),
      ],
    });
    const events = running.app.get(DownloadEvents);
    const all = firstValueFrom(events.pipe(take(3), toArray()));

    const answer = await httpRequest(running.origin, `/a.txt`);
    const id = answer.headers['x-download-id'];
    await appendFile(
      log,
      `${JSON.stringify({ id, status: 206, bytes: 4, complete: 'OK', length: '4', seconds: 1.5 })}\n`,
    );

    const [started, handed, completed] = await all;
    expect(handed).toMatchObject({ outcome: 'handed-over', id: started?.id });
    expect(completed).toMatchObject({
      id,
      phase: 'finished',
      outcome: 'completed',
      status: 206,
      bytes: 4,
      size: 10,
      duration: 1500,
    });
    await running.close();
    await directory.remove();
  });
});

describe.each(ADAPTERS)('log lines of downloads on %s', (adapter: Adapter) => {
  it('are an object each for the JSON logger of Nest', async () => {
    const written: string[] = [];
    const keep = (chunk: string | Uint8Array): boolean => {
      written.push(String(chunk));
      return true;
    };
    const spies = [process.stdout, process.stderr].map((output) =>
      jest.spyOn(output, 'write').mockImplementation(keep),
    );
    const running = await startApplication(adapter, {
      options: { storages: { default: new MemoryStorage() } },
      controllers: [
        GeneratedController,
        StorageDownloadController.asController('media/*path', {}),
      ],
      configure: (app) =>
        app.useLogger(
          new ConsoleLogger({
            json: true,
            logLevels: ['debug', 'warn', 'error'],
          }),
        ),
    });
    try {
      await httpRequest(running.origin, '/media/none.txt');
      await httpRequest(running.origin, '/generated/broken').catch(
        () => undefined,
      );
    } finally {
      await running.close();
      for (const spy of spies) spy.mockRestore();
    }

    const lines = written
      .filter((text) => text.includes('DownloadModule'))
      .map((text) => JSON.parse(text) as Record<string, unknown>);
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: 'debug',
        context: 'DownloadModule',
        message: expect.stringContaining('FileNotFoundError'),
      }),
    );
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        context: 'DownloadModule',
        message: expect.stringContaining('the source broke'),
      }),
    );
  });
});
