import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  it,
} from '@jest/globals';
import { Controller, Get, Logger, Param, Post, Res } from '@nestjs/common';
import {
  apache,
  ContentFile,
  type DownloadBackend,
  DownloadExplainer,
  DownloadResponse,
  FileNotFoundError,
  lighttpd,
  LocalFile,
  MemoryStorage,
  nginx,
  type ProxiableRequest,
  redirect,
  StorageFile,
  stream,
  type TemporaryUrlOptions,
} from 'nestjs-downloadview';

import {
  type Adapter,
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import {
  type HttpAnswer,
  httpRequest,
} from '../support/clients/http-client.js';
import { LogLines } from '../support/log-lines.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

const SECRET = 'X-Amz-Signature=0123456789abcdef';

class Store extends MemoryStorage {
  override temporaryUrl(key: string, _options: TemporaryUrlOptions) {
    return Promise.resolve(`https://store.example/bucket/${key}?${SECRET}`);
  }
}

describe.each(ADAPTERS)(
  'why a download is answered as it is, on %s',
  (adapter) => {
    let directory: TemporaryDirectory;
    let running: RunningApplication;
    let shown: RunningApplication;
    const log = new LogLines();
    /** Whether the backend was asked to explain itself, for each request. */
    const wanted: boolean[] = [];

    beforeAll(async () => {
      directory = await temporaryDirectory();
      await directory.write('files/a.txt', 'Hello\n');
      await directory.write('files/100%.txt', 'Hello\n');
      await directory.write('files/caf\u00E9.txt', 'Hello\n');
      await directory.write('elsewhere/a.txt', 'Hello\n');
      running = await start(adapter, false);
      shown = await start(adapter, true);
    });

    afterEach(() => {
      Logger.overrideLogger(false);
      log.lines.length = 0;
    });

    afterAll(async () => {
      await running.close();
      await shown.close();
      await directory.remove();
    });

    async function start(
      on: Adapter,
      explain: boolean,
    ): Promise<RunningApplication> {
      const root = `${directory.path}/files`;
      const rules = [
        { sourceDir: `${directory.path}/nothing/`, destination: '/_nothing/' },
        { sourceDir: root, destination: '/_offload/' },
      ];
      const paths = [{ sourceDir: root }];
      const store = new Store();
      await store.save('report.pdf', 'bytes');
      const backends: Record<string, DownloadBackend> = {
        stream: stream(),
        nginx: nginx({ rules }),
        remote: nginx({ rules, remote: { hosts: ['store.example'] } }),
        'other-remote': nginx({ rules, remote: { hosts: ['other.example'] } }),
        apache: apache({ rules: paths, pathEncoding: 'raw' }),
        lighttpd: lighttpd({ rules: paths }),
        redirect: redirect({ hosts: ['store.example'] }),
        own: {
          name: 'own',
          proxy(_: unknown, { note }: ProxiableRequest) {
            wanted.push(note !== undefined);
            return undefined;
          },
        },
        odd: {
          name: 'o"dd\\',
          proxy(_: unknown, { note }: ProxiableRequest) {
            note?.({
              reason: 'caf\u00E9\r\nX: 1 \uD800',
              rule: 'x'.repeat(300),
            });
            return undefined;
          },
        },
      };
      const files = {
        'a.txt': () => new LocalFile('a.txt', { root }),
        percent: () => new LocalFile('100%.txt', { root }),
        accent: () => new LocalFile('caf\u00E9.txt', { root }),
        elsewhere: () => new LocalFile(`${directory.path}/elsewhere/a.txt`),
        missing: () => new LocalFile('missing', { root }),
        made: () => new ContentFile('made', { name: 'ma"d\u202Ee\n.txt' }),
        stored: () => new StorageFile(store, 'report.pdf'),
      };

      @Controller()
      class FileController {
        constructor(private readonly explainer: DownloadExplainer) {}

        @Get('download/:backend/:file')
        download(
          @Param('backend') backend: string,
          @Param('file') file: keyof typeof files,
        ) {
          return this.response(backend, file);
        }

        @Post('download/:backend/:file')
        post(
          @Param('backend') backend: string,
          @Param('file') file: keyof typeof files,
        ) {
          return this.response(backend, file);
        }

        @Get('coded/:backend')
        coded(@Param('backend') backend: string) {
          return new DownloadResponse(files['a.txt'](), {
            backend: backends[backend],
            encoding: 'gzip',
          });
        }

        @Get('extra/:backend')
        extra(
          @Param('backend') backend: string,
          @Res({ passthrough: true })
          response: { header(name: string, value: string): void },
        ) {
          response.header('X-Trace', '1');
          return new DownloadResponse(files['a.txt'](), {
            backend: backends[backend],
            headers: { 'X-Checksum': 'abc', Vary: 'Cookie' },
          });
        }

        response(backend: string, file: keyof typeof files) {
          return new DownloadResponse(files[file](), {
            backend: backends[backend],
          });
        }

        explain(
          backend: string,
          file: keyof typeof files,
          request?: Parameters<DownloadExplainer['explain']>[1],
        ) {
          return this.explainer.explain(this.response(backend, file), request);
        }
      }

      const application = await startApplication(on, {
        options: { backend: backends.nginx, explain },
        controllers: [FileController],
      });
      controllers.set(application, application.app.get(FileController));
      return application;
    }

    interface Asked {
      explain(
        backend: string,
        file: string,
        request?: Parameters<DownloadExplainer['explain']>[1],
      ): ReturnType<DownloadExplainer['explain']>;
    }
    const controllers = new Map<RunningApplication, Asked>();
    const explained: Asked['explain'] = (...asked) =>
      controllers.get(running)!.explain(...asked);

    it.each([
      ['nginx', 'a.txt', 'rules[1]', 'X-Accel-Redirect', '/_offload/a.txt'],
      [
        'nginx',
        'percent',
        'rules[1]',
        'X-Accel-Redirect',
        '/_offload/100%25.txt',
      ],
      [
        'remote',
        'stored',
        undefined,
        'X-Accel-Redirect',
        '/_remote/https/store.example',
      ],
      [
        'redirect',
        'stored',
        undefined,
        'Location',
        'https://store.example/bucket/report.pdf',
      ],
    ])(
      'with %s, %s is offloaded by %s',
      async (backend, file, rule, offloadHeader, uri) => {
        expect(await explained(backend, file)).toMatchObject({
          backend: backend === 'remote' ? 'nginx' : backend,
          offloaded: true,
          rule,
          offloadHeader,
          uri,
        });
      },
    );

    it('a server that is told paths has the path for its URI', async () => {
      const path = `${directory.path}/files/a.txt`;

      expect(await explained('apache', 'a.txt')).toEqual({
        name: 'a.txt',
        backend: 'apache',
        offloaded: true,
        rule: 'rules[0]',
        offloadHeader: 'X-Sendfile',
        uri: path,
        lostHeaders: [],
        reason: undefined,
      });
    });

    it.each([
      ['stream', 'a.txt', 'no server in front sends files'],
      ['nginx', 'elsewhere', 'no rule holds the file'],
      ['nginx', 'made', 'neither on a disk nor under a URL'],
      ['apache', 'percent', 'cannot be told this name'],
      ['other-remote', 'stored', 'on a host that the backend may not send to'],
      ['redirect', 'a.txt', 'makes no temporary address'],
      ['own', 'a.txt', 'the backend left it to the application'],
    ])(
      'with %s, the application sends %s: %s',
      async (backend, file, reason) => {
        expect(await explained(backend, file)).toMatchObject({
          offloaded: false,
          reason: expect.stringContaining(reason),
          lostHeaders: [],
        });
      },
    );

    it.each([
      ['nginx', 'HEAD', {}, 'HEAD has no body'],
      ['redirect', 'POST', {}, 'only GET'],
      ['nginx', 'POST', { range: 'bytes=0-1' }, 'of this method'],
      ['apache', 'GET', { 'if-none-match': '*' }, 'has the file already'],
      ['apache', 'GET', { 'if-match': '"x"' }, 'a precondition'],
      ['lighttpd', 'GET', { range: 'bytes=0-1,3-4' }, 'ranges of the request'],
    ])(
      'with %s, %s with %j is not offloaded: %s',
      async (backend, method, headers, reason) => {
        const file = backend === 'redirect' ? 'stored' : 'a.txt';

        expect(
          await explained(backend, file, { method, headers }),
        ).toMatchObject({
          offloaded: false,
          reason: expect.stringContaining(reason),
        });
      },
    );

    it('a file that does not exist has no explanation', async () => {
      await expect(explained('nginx', 'missing')).rejects.toThrow(
        FileNotFoundError,
      );
    });

    describe('in the log', () => {
      async function logged(path: string, method = 'GET'): Promise<string[]> {
        Logger.overrideLogger(log);
        await httpRequest(running.origin, path, { method });
        return log.of('debug');
      }

      it('every download has its line', async () => {
        expect(await logged('/download/nginx/a.txt')).toEqual([
          "debug Download 'a.txt': offloaded (backend nginx by rules[1]) as X-Accel-Redirect '/_offload/a.txt' DownloadModule",
        ]);
      });

      it('what came from outside is escaped, on one line', async () => {
        const [line, ...others] = await logged('/download/nginx/made');

        expect(others).toEqual([]);
        expect(line).toMatch(/^[\x20-\x7e]+$/);
      });

      it('no signature of an address shows', async () => {
        await logged('/download/redirect/stored');

        expect(log.text).toContain('store.example');
        expect(log.text).not.toContain('Signature');
      });

      it('headers that get lost are named', async () => {
        const [line] = await logged('/extra/nginx');

        expect(line).toContain("it loses the headers 'X-Checksum', 'x-trace'");
      });

      it('HEAD says what GET would not', async () => {
        const [line] = await logged('/download/nginx/a.txt', 'HEAD');

        expect(line).toContain('HEAD has no body');
      });

      it('a content coding that the server drops is named', async () => {
        const [line] = await logged('/coded/nginx');

        expect(line).toContain('drops the content coding');
      });

      it('backends need not explain themselves where there is no logger', async () => {
        wanted.length = 0;

        await httpRequest(running.origin, '/download/own/a.txt');

        expect(wanted).toEqual([false]);
      });

      it.each([
        ['debug', true],
        ['warn', false],
      ] as const)(
        'at the level %s, backends explain themselves: %s',
        async (level, isWanted) => {
          wanted.length = 0;
          Logger.overrideLogger(log);
          Logger.overrideLogger([level]);

          await httpRequest(running.origin, '/download/own/a.txt');

          Logger.overrideLogger([
            'verbose',
            'debug',
            'log',
            'warn',
            'error',
            'fatal',
          ]);
          expect(wanted).toEqual([isWanted]);
        },
      );
    });

    describe('in X-Download-Explain', () => {
      async function shownBy(
        path: string,
        request = {},
      ): Promise<[HttpAnswer, string | undefined]> {
        const answer = await httpRequest(shown.origin, path, request);
        return [answer, answer.headers['x-download-explain']?.toString()];
      }

      it('nothing is said where the application did not ask for it', async () => {
        Logger.overrideLogger(log);
        const { headers } = await httpRequest(
          running.origin,
          '/download/nginx/a.txt',
          { headers: { 'X-Download-Explain': '1' } },
        );

        expect(headers).not.toHaveProperty('x-download-explain');
      });

      it.each([
        [
          '/download/nginx/a.txt',
          'offloaded; backend="nginx"; rule="rules[1]"; header="X-Accel-Redirect"; uri="/_offload/a.txt"',
        ],
        [
          '/download/apache/a.txt',
          'offloaded; backend="apache"; rule="rules[0]"; header="X-Sendfile"',
        ],
        [
          '/download/stream/a.txt',
          'application; backend="stream"; reason="no server in front sends files"',
        ],
        [
          '/download/odd/a.txt',
          `application; backend="o%22dd%5C"; rule="${'x'.repeat(200)}"; reason="caf%C3%A9%0D%0AX: 1 %EF%BF%BD"`,
        ],
        [
          '/extra/nginx',
          'offloaded; backend="nginx"; rule="rules[1]"; header="X-Accel-Redirect"; uri="/_offload/a.txt"; lost="X-Checksum x-trace"',
        ],
      ])('%s says %s', async (path, said) => {
        expect((await shownBy(path))[1]).toBe(said);
      });

      it.each([
        '/download/apache/a.txt',
        '/download/apache/accent',
        '/download/apache/percent',
        '/download/nginx/elsewhere',
        '/download/nginx/made',
        '/download/nginx/accent',
        '/download/lighttpd/accent',
        '/download/remote/stored',
      ])(
        '%s says it in ASCII, and without a path of the server',
        async (path) => {
          const [, said] = await shownBy(path);

          expect(said).toMatch(/^[\x20-\x7e]+$/);
          expect(said).not.toContain(directory.path);
          expect(said).not.toContain('Signature');
        },
      );

      it('an answer without body says it, too', async () => {
        const [{ headers }] = await shownBy('/download/stream/a.txt');
        const [answer, said] = await shownBy('/download/stream/a.txt', {
          headers: { 'If-None-Match': String(headers.etag) },
        });

        expect(answer.status).toBe(304);
        expect(said).toContain('application; backend="stream"');
      });

      it('an error says nothing', async () => {
        const [answer, said] = await shownBy('/download/nginx/missing');

        expect([answer.status, said]).toEqual([404, undefined]);
      });
    });
  },
);
