import { once } from 'node:events';
import { connect } from 'node:net';

import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import { type INestApplication, Logger, type Type } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { getRepositoryToken, TypeOrmModule } from '@nestjs/typeorm';
import { FileSystemStorage } from 'nestjs-downloadview';
import { FileColumnsModule } from 'nestjs-downloadview/typeorm';
import { type Repository } from 'typeorm';

import { Picture, PicturesController } from '../docs/pictures.js';
import {
  acceptUploads,
  StreamedPicturesController,
} from '../docs/uploads-fastify.js';
import {
  type Adapter,
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { eventually } from '../support/eventually.js';
import { ListedStorage } from '../support/stores/listed-storage.js';
import { temporaryDirectory } from '../support/files/temporary-directory.js';

/** Bytes; a client may send no more. */
const LIMIT = 20_000_000;

const CONTROLLERS: Record<Adapter, Type> = {
  express: PicturesController,
  fastify: StreamedPicturesController,
};

async function configure(app: INestApplication): Promise<void> {
  if (app.getHttpAdapter().getType() === 'fastify') {
    await acceptUploads(app as NestFastifyApplication);
  }
}

describe.each(ADAPTERS)('An upload by HTTP, on %s', (adapter) => {
  let failures = 0;
  const storage = new (class extends ListedStorage {
    override save(...parameters: Parameters<ListedStorage['save']>) {
      return super.save(...parameters).catch((error: unknown) => {
        failures += 1;
        throw error;
      });
    }
  })();
  let running: RunningApplication;

  beforeAll(async () => {
    running = await startApplication(adapter, {
      options: { storages: { default: storage } },
      imports: [
        TypeOrmModule.forRoot({
          type: 'sqljs',
          entities: [Picture],
          synchronize: true,
        }),
        TypeOrmModule.forFeature([Picture]),
        FileColumnsModule.forRoot(),
      ],
      controllers: [CONTROLLERS[adapter]],
      configure,
    });
  });

  afterAll(() => running.close());

  afterEach(async () => {
    for (const key of storage.keys) await storage.delete(key);
  });

  const send = (size: number): Promise<Response> => {
    const body = new FormData();
    body.set('file', new Blob([Buffer.alloc(size)]), 'a.png');
    return fetch(`${running.origin}/pictures`, { method: 'POST', body });
  };

  const rows = (): Promise<number> =>
    running.app.get<Repository<Picture>>(getRepositoryToken(Picture)).count();

  it('is a row and a file', async () => {
    const before = await rows();
    const response = await send(1000);
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ file: { name: 'a.png' } });
    expect([await rows(), storage.keys.size]).toEqual([before + 1, 1]);
  });

  it('that is larger than the limit is 413, and leaves nothing', async () => {
    const before = await rows();
    expect((await send(LIMIT + 1)).status).toBe(413);
    expect([await rows(), storage.keys.size]).toEqual([before, 0]);
  });

  // On Express the parser has it whole before the handler is called.
  if (adapter !== 'fastify') return;

  it('of a client that leaves is nothing, and stops nobody', async () => {
    const [before, failed] = [await rows(), failures];
    const socket = connect(running.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      [
        'POST /pictures HTTP/1.1',
        'Host: localhost',
        'Content-Type: multipart/form-data; boundary=x',
        'Content-Length: 100000',
        '',
        '--x',
        'Content-Disposition: form-data; name="file"; filename="a.png"',
        '',
        'Some bytes',
      ].join('\r\n'),
    );
    const response = await send(10);
    expect(response.status).toBe(201);
    socket.destroy();
    await eventually(1, () => Promise.resolve(failures - failed));
    expect([await rows(), storage.keys.size]).toEqual([before + 1, 1]);
  });
});

// On Express the parser counts, before the storage has anything.
describe('An upload that is cut at a limit, into a directory', () => {
  it('is 413, and blames no storage', async () => {
    const directory = await temporaryDirectory();
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const running = await startApplication('fastify', {
      options: {
        storages: { default: new FileSystemStorage({ root: directory.path }) },
      },
      imports: [
        TypeOrmModule.forRoot({
          type: 'sqljs',
          entities: [Picture],
          synchronize: true,
        }),
        TypeOrmModule.forFeature([Picture]),
        FileColumnsModule.forRoot(),
      ],
      controllers: [StreamedPicturesController],
      configure,
    });
    try {
      const body = new FormData();
      body.set('file', new Blob([Buffer.alloc(LIMIT + 1)]), 'a.png');
      const { status } = await fetch(`${running.origin}/pictures`, {
        method: 'POST',
        body,
      });
      expect([status, warn.mock.calls]).toEqual([413, []]);
    } finally {
      await running.close();
      await directory.remove();
      warn.mockRestore();
    }
  });
});
