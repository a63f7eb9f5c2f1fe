import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable } from 'node:stream';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ContentFile,
  type DownloadFile,
  type DownloadStorage,
  type FileStat,
  MemoryStorage,
  StorageDownloadController,
  StorageUnavailableError,
  VirtualDownloadController,
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
import { LogLines } from '../support/log-lines.js';
import { startRestrictedProcess } from '../support/restricted-process.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

const PLACE = '/srv/secret-place';

/** A storage whose every call fails in one way. */
class FailingStorage extends MemoryStorage {
  constructor(private readonly error: Error) {
    super();
  }

  override stat(): Promise<FileStat> {
    return Promise.reject(this.error);
  }

  override open(): Promise<Readable> {
    return Promise.reject(this.error);
  }
}

/** A storage that knows its files, and loses them before they are opened. */
class ForgetfulStorage extends FailingStorage {
  override stat(): Promise<FileStat> {
    return Promise.resolve({
      size: 4,
      etag: '"tag"',
      lastModified: new Date(),
    });
  }
}

const NOT_FOUND = '{"message":"Not Found","statusCode":404}';
const UNAVAILABLE = '{"message":"Service Unavailable","statusCode":503}';

function expectBare({ headers, rawHeaders, text }: HttpAnswer, place: string) {
  expect(headers['content-type']).toMatch(/^application\/json/);
  expect(headers['cache-control']).toBe('no-store');
  for (const name of [
    'content-disposition',
    'content-security-policy',
    'last-modified',
    'accept-ranges',
  ]) {
    expect(headers).not.toHaveProperty(name);
  }
  expect(headers.etag).not.toBe('"tag"');
  expect([...rawHeaders, text].join('\n')).not.toContain(place);
}

describe.each(ADAPTERS)('a process that may not read all on %s', (adapter) => {
  let directory: TemporaryDirectory;
  let readable: HttpAnswer;
  let log: string;
  const answers = new Map<string, HttpAnswer>();

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const root = directory.path;
    await directory.write('plain.txt', 'plain');
    await directory.write('closed/inside.txt', 'inside');
    // Of another user where this one is root; else of this one, who locks himself out.
    const mode = process.getuid?.() === 0 ? 0o600 : 0;
    await chmod(await directory.write('of-another.txt', 'secret'), mode);
    await chmod(join(root, 'closed'), mode);
    const running = await startRestrictedProcess(adapter, root);
    try {
      readable = await httpRequest(running.origin, '/path/plain.txt');
      for (const path of [
        '/path/of-another.txt',
        '/media/of-another.txt',
        '/path/closed/inside.txt',
        '/exhausted/plain.txt',
      ]) {
        answers.set(path, await httpRequest(running.origin, path));
      }
      // The descriptors are there again.
      answers.set('', await httpRequest(running.origin, '/path/plain.txt'));
    } finally {
      log = await running.stop();
    }
  }, 30_000);

  afterAll(async () => {
    await chmod(join(directory.path, 'closed'), 0o700);
    await directory.remove();
  });

  it('serves what it may read', () => {
    expect(readable.status).toBe(200);
    expect(readable.text).toBe('plain');
  });

  it.each([
    '/path/of-another.txt',
    '/media/of-another.txt',
    '/path/closed/inside.txt',
  ])('answers %s like a missing file', (path) => {
    const answer = answers.get(path)!;
    expect(answer.status).toBe(404);
    expect(answer.text).toBe(NOT_FOUND);
    expectBare(answer, directory.path);
  });

  it('tells the reason and the remedy in the log only, as a warning', () => {
    for (const name of ['of-another.txt', 'closed/inside.txt']) {
      expect(log).toMatch(
        new RegExp(
          `WARN .*'${directory.path}/${name}': EACCES, the process may not read it; check its owner and mode`,
        ),
      );
    }
  });

  it('answers 503 when descriptors have run out, and serves again when they are there', () => {
    const answer = answers.get('/exhausted/plain.txt')!;
    expect(answer.status).toBe(503);
    expect(answer.text).toBe(UNAVAILABLE);
    expectBare(answer, directory.path);
    expect(log).toMatch(/WARN .*StorageUnavailableError: .*plain.txt': EMFILE/);
    expect(answers.get('')!.text).toBe('plain');
  });
});

describe.each(ADAPTERS)('a storage that fails on %s', (adapter) => {
  let running: RunningApplication;
  const log = new LogLines();

  beforeAll(async () => {
    const storages: Record<string, DownloadStorage> = {
      down: new FailingStorage(
        new StorageUnavailableError(`${PLACE}: EIO`, {
          cause: Object.assign(new Error('EIO'), { code: 'EIO' }),
        }),
      ),
      'down-at-open': new ForgetfulStorage(
        new StorageUnavailableError(`${PLACE}: EMFILE`),
      ),
      foreign: new FailingStorage(new Error(`${PLACE} broke`)),
    };

    class BrokenController extends VirtualDownloadController {
      getFile(): DownloadFile {
        throw new StorageUnavailableError(PLACE);
      }
    }

    class BrokenHookController extends VirtualDownloadController {
      getFile(): DownloadFile {
        return new ContentFile('text', { name: 'a.txt' });
      }

      override getBasename(): string {
        throw new StorageUnavailableError(PLACE);
      }
    }

    running = await startApplication(adapter, {
      options: { storages },
      controllers: [
        ...Object.keys(storages).map((storage) =>
          StorageDownloadController.asController(`${storage}/*path`, {
            storage,
          }),
        ),
        BrokenController.asController('get-file'),
        BrokenHookController.asController('hook'),
      ],
      configure: (app) => app.useLogger(log),
    });
  });

  afterAll(() => running.close());

  it.each(['/down/a.txt', '/down-at-open/a.txt', '/get-file', '/hook'])(
    '%s is 503, and why stands in the log only',
    async (path) => {
      const told = log.of('warn').length;
      const answer = await httpRequest(running.origin, path);
      expect(answer.status).toBe(503);
      expect(answer.text).toBe(UNAVAILABLE);
      expectBare(answer, PLACE);
      expect(log.of('warn').slice(told).join('\n')).toMatch(
        /^warn StorageUnavailableError: .*secret-place/,
      );
    },
  );

  it('HEAD is told so too', async () => {
    const answer = await httpRequest(running.origin, '/down/a.txt', {
      method: 'HEAD',
    });
    expect(answer.status).toBe(503);
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('an error of another kind is 500, and nothing of it reaches the client', async () => {
    const answer = await httpRequest(running.origin, '/foreign/a.txt');
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.text)).toEqual({
      statusCode: 500,
      message: 'Internal server error',
    });
    expectBare(answer, PLACE);
    expect(log.of('error').join('\n')).toContain(PLACE);
  });
});
