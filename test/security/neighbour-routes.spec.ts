import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type CanActivate,
  Controller,
  Get,
  Injectable,
  type MiddlewareConsumer,
  Module,
  type NestModule,
  Param,
  UseGuards,
  VersioningType,
} from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import express, { type Express, type RequestHandler } from 'express';
import {
  ContentFile,
  type DownloadFile,
  type DownloadRequest,
  FileSystemStorage,
  nginx,
  ObjectDownloadController,
  PathDownloadController,
  sendfile,
  SignedUrl,
  StorageDownloadController,
  UrlSigner,
  VirtualDownloadController,
} from 'nestjs-downloadview';

import {
  type Adapter,
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { startBehindNginx } from '../support/servers/behind-nginx.js';
import { httpRequest } from '../support/clients/http-client.js';
import { LogLines } from '../support/log-lines.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

interface FastifyApplication {
  get(
    url: string,
    handler: (
      request: unknown,
      reply: { code(status: number): { send(): void } },
    ) => void,
  ): unknown;
}

const SECRET = 'for members alone';
/** Guarded, each beside an open route that leads to the same files. */
const FILES = [
  'members.txt',
  'private-area/s.txt',
  'private_area/s.txt',
  '@team/s.txt',
  'größe/s.txt',
  'a b/s.txt',
  'vip/s.txt',
  'a+b@c/s.txt',
  'b@c/s.txt',
];
const OPEN = ['a+b', 'me@x', "it's (x)", 'x~1', 'ä ö', '100%', '50%41.txt'];

@Injectable()
class Nobody implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}
const decorators = [UseGuards(Nobody)];

let directory: TemporaryDirectory;
let root: string;

beforeAll(async () => {
  directory = await temporaryDirectory();
  root = directory.path;
  for (const file of FILES) await directory.write(file, SECRET);
  for (const file of OPEN) await directory.write(file, file);
});

afterAll(() => directory.remove());

const repository = {
  findOne({ where }: { where: object }): Promise<object | null> {
    const { slug, id }: { slug?: string; id?: string } = where;
    const name = slug ?? id ?? '';
    const text = OPEN.includes(name) ? name : SECRET;
    return Promise.resolve({ slug, id, file: new ContentFile(text, { name }) });
  },
};

@Controller('own/members.txt')
@UseGuards(Nobody)
class OwnMembersController {
  @Get()
  members() {
    return sendfile('members.txt', { root });
  }
}

@Controller('own/:name')
class OwnController {
  @Get()
  any(@Param('name') name: string) {
    return sendfile(name, { root });
  }
}

@Controller('virtual/:name')
class AnyVirtualController extends VirtualDownloadController {
  override getFile({ params }: DownloadRequest): DownloadFile {
    const name = String(params.name);
    const text = OPEN.includes(name) ? name : SECRET;
    return new ContentFile(text, { name });
  }
}

/** The guarded ones stand in front, as they have to for the plain path on Express. */
function controllers() {
  const path = PathDownloadController;
  const object = ObjectDownloadController;
  const member = (at: string) =>
    path.asController(`${at}/members.txt`, {
      root,
      path: 'members.txt',
      decorators,
    });
  const guarded = (at: string, tail: string) =>
    path.asController(`${at}/${tail}/*path`, {
      root: join(root, tail),
      decorators,
    });
  return [
    member('files'),
    ...['private-area', 'private_area', '@team', 'größe', 'a b', 'vip'].map(
      (tail) => guarded('files', tail),
    ),
    path.asController('files/*path', { root }),
    StorageDownloadController.asController('media/private_area/*path', {
      decorators,
    }),
    StorageDownloadController.asController('media/*path'),
    member('docs'),
    path.asController('docs/:path', { root }),
    member('slugs'),
    object.asController('slugs/:slug', { repository }),
    member('ids'),
    object.asController('ids/:id', { repository }),
    member('m/:tenant'),
    path.asController('m/:tenant/:path', { root }),
    OwnMembersController,
    OwnController,
    member('virtual'),
    AnyVirtualController,
  ];
}

/** Spellings of what is guarded: each is the address of the plain one for whoever decodes it. */
const GUARDED = [
  '/files/members.txt',
  '/files/members%2Etxt',
  '/files/members%2etxt',
  '/files/%6dembers.txt',
  '/files/%6Dember%73%2Etxt',
  '/files/members%2Etxt?download=1',
  '/files/private-area/s.txt',
  '/files/private%2Darea/s.txt',
  '/files/private%2darea/s%2Etxt',
  '/files/private_area/s.txt',
  '/files/private%5Farea/s.txt',
  '/media/private_area/s.txt',
  '/media/private%5Farea/s.txt',
  '/files/@team/s.txt',
  '/files/%40team/s.txt',
  '/files/%40%74eam/s.txt',
  '/files/gr%C3%B6%C3%9Fe/s.txt',
  '/files/gr%c3%b6%c3%9fe/s.txt',
  '/files/%67r%C3%B6%C3%9Fe/s.txt',
  '/files/a%20b/s.txt',
  '/files/%61%20b/s.txt',
  '/docs/members.txt',
  '/docs/members%2Etxt',
  '/docs/%6dembers.txt',
  '/slugs/members.txt',
  '/slugs/members%2Etxt',
  '/slugs/%6dembers.txt',
  '/ids/members.txt',
  '/ids/member%73.txt',
  '/m/x/members.txt',
  '/m/x/members%2Etxt',
  '/m/x%40y/members%2Etxt',
  '/m/x%2Fy/members%2Etxt',
  '/own/members.txt',
  '/own/members%2Etxt',
  '/virtual/members.txt',
  '/virtual/members%2Etxt',
  // Not another spelling, but another way to the same file.
  '/files//members.txt',
  '/files/./members.txt',
  '/files/x/../members.txt',
  '/files/members.txt/',
  '/files/vip%2Fs.txt',
  '/files//vip/s.txt',
];

/** Encodings that clients make of names that no neighbour has. */
const STAY = [
  ['/files/a%2Bb', 'a+b'],
  ['/files/a+b', 'a+b'],
  ['/files/me%40x', 'me@x'],
  ['/files/it%27s%20%28x%29', "it's (x)"],
  ["/files/it's%20(x)", "it's (x)"],
  ['/files/x%7E1', 'x~1'],
  ['/files/x~1', 'x~1'],
  ['/files/%C3%A4%20%C3%B6', 'ä ö'],
  ['/files/%c3%a4%20%c3%b6', 'ä ö'],
  ['/files/100%25', '100%'],
  ['/files/50%2541.txt', '50%41.txt'],
  ['/media/a%2Bb', 'a+b'],
  ['/docs/a%2Bb', 'a+b'],
  ['/docs/me%40x', 'me@x'],
  ['/docs/it%27s%20%28x%29', "it's (x)"],
  ['/slugs/me%40x', 'me@x'],
  ['/ids/x%7E1', 'x~1'],
  ['/m/y%40z/a%2Bb', 'a+b'],
  ['/own/x%7E1', 'x~1'],
  ['/virtual/a%2Bb', 'a+b'],
] as const;

function storages() {
  return { default: new FileSystemStorage({ root }) };
}

function adapterWith(
  adapter: Adapter,
  { caseSensitive = false, strict = false },
): ExpressAdapter | FastifyAdapter {
  if (adapter === 'fastify') {
    return new FastifyAdapter({
      routerOptions: { caseSensitive, ignoreTrailingSlash: !strict },
    });
  }
  const express = new ExpressAdapter();
  express.set('case sensitive routing', caseSensitive);
  express.set('strict routing', strict);
  return express;
}

describe.each(ADAPTERS)('beside a guarded route on %s', (adapter) => {
  let running: RunningApplication;

  beforeAll(async () => {
    running = await startApplication(adapter, {
      options: { storages: storages() },
      controllers: controllers(),
    });
  });

  afterAll(() => running.close());

  it.each(GUARDED)('%s does not lead past its guard', async (path) => {
    const { status, text } = await httpRequest(running.origin, path);
    expect([403, 404]).toContain(status);
    expect(text).not.toContain(SECRET);
    const head = await httpRequest(running.origin, path, { method: 'HEAD' });
    expect([403, 404]).toContain(head.status);
  });

  it.each(STAY)('%s is served', async (path, text) => {
    const answer = await httpRequest(running.origin, path);
    expect(`${answer.status} ${answer.text}`).toBe(`200 ${text}`);
  });

  it('the whole address in the request line is no way past the guard', async () => {
    for (const path of ['/files/members%2Etxt', '/files/%40team/s.txt']) {
      const { status } = await httpRequest(
        running.origin,
        `http://example.com${path}`,
      );
      expect([403, 404]).toContain(status);
    }
    const { text } = await httpRequest(
      running.origin,
      'http://example.com/files/a%2Bb',
    );
    expect(text).toBe('a+b');
  });

  it('an absolute path in the tail does not tell where the root lies', async () => {
    for (const path of [
      `/files/${root}/a+b`,
      `/files/${root}/vip/s.txt`,
      `/files//${root}/a+b`,
      `/media/${root}/a+b`,
      `/files/${root.replaceAll('/', '%2F')}%2Fa+b`,
    ]) {
      const { status } = await httpRequest(running.origin, path);
      expect(`${path} ${status}`).toBe(`${path} 404`);
    }
  });
});

describe.each(ADAPTERS)(
  'where the router is set up otherwise, %s',
  (adapter) => {
    it.each([
      [true, true],
      [true, false],
      [false, true],
    ])(
      'no guard is passed with caseSensitive %s and strict %s',
      async (caseSensitive, strict) => {
        const running = await startApplication(
          adapterWith(adapter, { caseSensitive, strict }),
          {
            options: { storages: storages() },
            controllers: controllers(),
          },
        );
        try {
          for (const path of GUARDED) {
            const { status } = await httpRequest(running.origin, path);
            expect(`${path} ${status}`).toMatch(/ 40[34]$/);
          }
          for (const [path, text] of STAY) {
            const answer = await httpRequest(running.origin, path);
            expect(`${path} ${answer.text}`).toBe(`${path} ${text}`);
          }
        } finally {
          await running.close();
        }
      },
    );

    it('no guard is passed below a global prefix and a version in the URI', async () => {
      const running = await startApplication(adapter, {
        options: { storages: storages() },
        controllers: [
          PathDownloadController.asController(
            { path: 'files/members.txt', version: '1' },
            { root, path: 'members.txt', decorators },
          ),
          PathDownloadController.asController(
            { path: 'files/@team/*path', version: '1' },
            { root: join(root, '@team'), decorators },
          ),
          PathDownloadController.asController(
            { path: 'files/*path', version: '1' },
            { root },
          ),
        ],
        configure: (app) => {
          app.setGlobalPrefix('api');
          app.enableVersioning({ type: VersioningType.URI });
        },
      });
      try {
        for (const path of ['members%2Etxt', '%40team/s.txt', '@team/s.txt']) {
          const { status } = await httpRequest(
            running.origin,
            `/api/v1/files/${path}`,
          );
          expect(`${path} ${status}`).toMatch(/ 40[34]$/);
        }
        const at = '/api/v1/files/me%40x';
        expect((await httpRequest(running.origin, at)).text).toBe('me@x');
      } finally {
        await running.close();
      }
    });

    it('middleware that is bound to a path is not passed', async () => {
      @Module({})
      class GuardModule implements NestModule {
        configure(consumer: MiddlewareConsumer): void {
          const refuse = (
            _request: unknown,
            response: { statusCode: number; end(): void },
          ): void => {
            response.statusCode = 403;
            response.end();
          };
          consumer
            .apply(refuse)
            .forRoutes(
              'files/members.txt',
              'files/private-area/*path',
              'files/@team/*path',
            );
        }
      }
      const running = await startApplication(adapter, {
        imports: [GuardModule],
        controllers: [
          PathDownloadController.asController('files/*path', { root }),
        ],
      });
      try {
        for (const path of GUARDED.slice(0, 9)) {
          const { status } = await httpRequest(running.origin, path);
          expect(`${path} ${status}`).toMatch(/ 40[34]$/);
        }
        for (const path of ['/files/@team/s.txt', '/files/%40team/s.txt']) {
          const { status } = await httpRequest(running.origin, path);
          expect(`${path} ${status}`).toMatch(/ 40[34]$/);
        }
        const { text } = await httpRequest(running.origin, '/files/me%40x');
        expect(text).toBe('me@x');
      } finally {
        await running.close();
      }
    });

    it('a signed link holds for no other spelling that leads past a neighbour', async () => {
      const running = await startApplication(adapter, {
        options: { signing: { secrets: ['s'.repeat(32)] } },
        controllers: [
          PathDownloadController.asController('files/@team/*path', {
            root: join(root, '@team'),
            decorators,
          }),
          PathDownloadController.asController('files/*path', {
            root,
            decorators: [SignedUrl()],
          }),
        ],
      });
      try {
        const signer = running.app.get(UrlSigner);
        for (const path of ['/files/@team/s.txt', '/files/%40team/s.txt']) {
          const link = signer.sign(path).replace('@', '%40');
          const { status } = await httpRequest(running.origin, link);
          expect(`${path} ${status}`).toMatch(/ 40[34]$/);
        }
        const link = signer.sign('/files/me@x').replace('@', '%40');
        expect((await httpRequest(running.origin, link)).text).toBe('me@x');
      } finally {
        await running.close();
      }
    });

    it('no guard is passed behind nginx, where it sends the file', async () => {
      const site = await startBehindNginx(adapter, {
        backend: nginx({
          rules: [{ sourceDir: `${root}/`, destination: '/_offload/' }],
        }),
        options: { storages: storages() },
        controllers: controllers(),
      });
      try {
        for (const path of GUARDED) {
          const { status, text } = await site.through(path);
          expect(`${path} ${status}`).toMatch(/ 40[34]$/);
          expect(text).not.toContain(SECRET);
        }
        for (const [path, text] of STAY) {
          const answer = await site.through(path);
          expect(`${path} ${answer.text}`).toBe(`${path} ${text}`);
        }
      } finally {
        await site.stop();
      }
    });
  },
);

describe('on Express', () => {
  const refuse: RequestHandler = (_request, response) => {
    response.status(403).end();
  };

  function open(): ReturnType<typeof PathDownloadController.asController> {
    return PathDownloadController.asController('files/*path', { root });
  }

  async function expectRefused(
    origin: string,
    ...paths: string[]
  ): Promise<void> {
    for (const path of paths) {
      const { status } = await httpRequest(origin, path);
      expect(`${path} ${status}`).toMatch(/ 40[34]$/);
    }
  }

  it('routers that are mounted, and middleware by app.use(), are not passed', async () => {
    const running = await startApplication('express', {
      controllers: [open()],
      configure: (app) => {
        const router = express.Router();
        router.get('/members.txt', refuse);
        router.use('/@team', refuse);
        app.use('/files', router);
        app.use('/files/private-area', refuse);
      },
    });
    try {
      await expectRefused(
        running.origin,
        '/files/members.txt',
        '/files/members%2Etxt',
        '/files/@team/s.txt',
        '/files/%40team/s.txt',
        '/files/private-area/s.txt',
        '/files/private%2Darea/s.txt',
      );
      const { text } = await httpRequest(running.origin, '/files/me%40x');
      expect(text).toBe('me@x');
    } finally {
      await running.close();
    }
  });

  it('the routes of the application in which it is mounted are not passed', async () => {
    const outer = express();
    const running = await startApplication('express', {
      controllers: [open()],
      configure: (app) => {
        outer.get('/inner/files/members.txt', refuse);
        const inner: Express = app.getHttpAdapter().getInstance();
        outer.use('/inner', inner);
      },
    });
    const server = createServer(outer);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const origin = `http://127.0.0.1:${port}`;
      await expectRefused(
        origin,
        '/inner/files/members.txt',
        '/inner/files/members%2Etxt',
      );
      const { text } = await httpRequest(origin, '/inner/files/me%40x');
      expect(text).toBe('me@x');
    } finally {
      server.close();
      await running.close();
    }
  });

  it('a guarded path is found in whatever way its pattern is encoded', async () => {
    const running = await startApplication('express', {
      controllers: [
        PathDownloadController.asController('files/a%2Bb@c/*path', {
          root: join(root, 'a+b@c'),
          decorators,
        }),
        open(),
      ],
    });
    try {
      await expectRefused(
        running.origin,
        '/files/a%2Bb@c/s.txt',
        '/files/a%2bb@c/s.txt',
        '/files/a+b@c/s.txt',
        '/files/a+b%40c/s.txt',
        '/files/a%2Bb%40c/s.txt',
      );
    } finally {
      await running.close();
    }
  });

  it('a path that no request meets is warned of, and one of ours is written as requests come', async () => {
    @Controller('straße/:x')
    class ForeignController {
      @Get()
      any(): string {
        return 'never';
      }
    }
    const log = new LogLines();
    const running = await startApplication('express', {
      controllers: [
        ForeignController,
        PathDownloadController.asController('größe und/*path', { root }),
      ],
      configure: (app) => app.useLogger(log),
    });
    try {
      const at = '/gr%C3%B6%C3%9Fe%20und/me@x';
      expect((await httpRequest(running.origin, at)).text).toBe('me@x');
      const warnings = log
        .of('warn')
        .filter((line) => line.includes('never met'));
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toContain('/stra%C3%9Fe/:x');
    } finally {
      await running.close();
    }
  });
});

describe('a route behind one that takes all below its path, on Express,', () => {
  async function warningsOf(...paths: readonly string[]): Promise<string[]> {
    const log = new LogLines();
    const running = await startApplication('express', {
      controllers: paths.map((path) =>
        PathDownloadController.asController(path, { root }),
      ),
      configure: (app) => app.useLogger(log),
    });
    await running.close();
    return log.of('warn').filter((line) => line.includes('stands before it'));
  }

  it('is warned of, since its guards never run', async () => {
    const warnings = await warningsOf('m/*path', 'm/members/*path');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("'/m/members/*path'");
  });

  it.each([[['m/members/*path', 'm/*path']], [['m/*path', 'n/members/*path']]])(
    'is none where the order is right, or the path another one: %j',
    async (paths) => {
      expect(await warningsOf(...paths)).toEqual([]);
    },
  );
});

describe('on Fastify', () => {
  it('routes and middleware that the application adds before it starts are not passed', async () => {
    const running = await startApplication('fastify', {
      controllers: [
        PathDownloadController.asController('files/*path', { root }),
      ],
      configure: async (app) => {
        const instance: FastifyApplication = app.getHttpAdapter().getInstance();
        instance.get('/files/@team/:file?', (_request, reply) => {
          reply.code(403).send();
        });
        app.use('/files/b@c', (_request: unknown, response: ServerResponse) => {
          response.writeHead(403).end();
        });
      },
    });
    try {
      for (const path of [
        '/files/@team/s.txt',
        '/files/%40team/s.txt',
        '/files/%40team',
        '/files/b@c/s.txt',
        '/files/%62@c/s.txt',
        '/files/b%40c/s.txt',
      ]) {
        const { status } = await httpRequest(running.origin, path);
        expect(`${path} ${status}`).toMatch(/ 40[34]$/);
      }
      const { text } = await httpRequest(running.origin, '/files/me%40x');
      expect(text).toBe('me@x');
    } finally {
      await running.close();
    }
  });
});
