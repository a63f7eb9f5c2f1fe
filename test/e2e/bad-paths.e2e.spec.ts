import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  it,
} from '@jest/globals';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  Param,
  Query,
  UseGuards,
} from '@nestjs/common';
import fc from 'fast-check';
import {
  type DownloadRequest,
  DownloadResponse,
  FileSystemStorage,
  nginx,
  PathDownloadController,
  sendfile,
  StorageDownloadController,
  StorageFile,
} from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { DIFFICULT_FILE_NAMES } from '../support/files/difficult-file-names.js';
import {
  type HttpAnswer,
  httpRequest,
} from '../support/clients/http-client.js';
import { LogLines } from '../support/log-lines.js';
import { representatives } from '../support/representatives.js';
import {
  makeFifo,
  makeSocket,
  wakeFifo,
} from '../support/files/special-files.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

const SECRET = 'nobody may read this';
const NAME_OF_300 = 'n'.repeat(300);

/** What may stand in one segment, where the route takes one or many. */
const SEGMENTS: readonly (readonly [title: string, segment: string])[] = [
  ['..', '..'],
  ['.', '.'],
  ['encoded ..', '%2e%2e'],
  ['half-encoded ..', '.%2E'],
  ['an encoded slash between names', 'a%2Fb'],
  ['an encoded slash in lower case', 'a%2fb'],
  ['.. and an encoded slash', '..%2foutside%2fsecret.txt'],
  ['encoded .. and slash', '%2e%2e%2foutside%2fsecret.txt'],
  ['.. encoded twice', '%252e%252e%252foutside%252fsecret.txt'],
  ['an absolute path, encoded', '%2Fetc%2Fpasswd'],
  ['.. and an encoded backslash', '..%5Coutside%5Csecret.txt'],
  ['a drive', 'C:%5CWindows%5Cwin.ini'],
  ['a NUL', 'b.txt%00'],
  ['a NUL before an extension', 'b.txt%00.png'],
  ['a glob', '*'],
  ['a home', '~'],
  ['fullwidth dots and slash', '%EF%BC%8E%EF%BC%8E%EF%BC%8Foutside'],
  ['a symlink out of the root', 'link-out'],
  ['a symlink to a directory out of the root', 'directory-out'],
  ['a symlink to nothing', 'dangling'],
  ['a symlink to itself', 'loop'],
  ['a symlink to a dotfile inside the root', 'link-hidden'],
  ['a symlink to a dotfile in a directory', 'link-to-file-hidden'],
  ['a dotfile', '.hidden'],
  ['an encoded dotfile', '%2Ehidden'],
  ['a directory with a dot in front', '.git'],
  ['a directory', 'folder'],
  ['a FIFO', 'pipe'],
  ['a device', 'zero'],
  ['a socket', 'socket'],
  ['nothing of that name', 'missing'],
];

/** What only a route that takes many segments lets through. */
const TAILS: readonly (readonly [title: string, tail: string])[] = [
  ['.. in front', '../outside/secret.txt'],
  ['.. behind a directory', 'a/../../outside/secret.txt'],
  ['.. that stays inside', 'a/../b.txt'],
  ['.. at the end', 'a/..'],
  ['encoded .. between slashes', '%2e%2e/outside/secret.txt'],
  ['.. and a double slash', '..//outside/secret.txt'],
  ['an absolute path', '/etc/passwd'],
  ['an absolute path, its first slash doubled', '//etc/passwd'],
  ['an absolute path, its first slash encoded', '/%2Fetc%2Fpasswd'],
  ['. in front', './b.txt'],
  ['. inside', 'a/./b'],
  ['an empty segment', 'a//b'],
  ['an encoded slash beside a plain one', 'a/%2Fb'],
  ['a slash at the end', 'b.txt/'],
  ['a slash behind a directory', 'a/'],
  ['a NUL in a directory', 'a%00/b'],
  ['a NUL as a segment', 'a/%00'],
  ['a file through a symlink out of the root', 'directory-out/secret.txt'],
  ['a directory with a dot in front', '.git/config'],
  ['a file through a symlink to such a directory', 'link-git/config'],
  ['a dotfile in a directory', 'a/.hidden'],
  ['a file as a directory', 'b.txt/b'],
  ['a name of 300 bytes', NAME_OF_300],
  ['a directory of 300 bytes', `${NAME_OF_300}/b`],
  ['a path of 6,000 bytes', Array(3000).fill('a').join('/')],
];

/** For the routes beside the one that serves them all: what each decodes, or takes for its own. */
const NAMES = representatives(
  DIFFICULT_FILE_NAMES,
  'percent at the end',
  'a coded dot',
  'question mark and a query',
  'number sign in front',
  'blank at the end',
  'semicolon',
  'newline at the end',
  'Japanese',
  'emoji',
  '254 bytes, two each',
);

@Injectable()
class NobodyIsAdmin implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

/** Guards by the path, as the application's own code reads it. */
@Injectable()
class NotPrivate implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { params } = context.switchToHttp().getRequest<DownloadRequest>();
    const path = [params.path ?? params['*']].flat().join('/');
    return !path.startsWith('private/');
  }
}

describe.each(ADAPTERS)('paths on %s', (adapter) => {
  let directory: TemporaryDirectory;
  let root: string;
  let running: RunningApplication;
  let closeSocket: () => void;
  let missing: unknown;
  const log = new LogLines();

  beforeAll(async () => {
    directory = await temporaryDirectory();
    root = join(directory.path, 'root');
    closeSocket = await fill(directory);

    @Controller()
    class SendfileController {
      @Get('device')
      device() {
        return sendfile('/dev/zero');
      }

      @Get('fifo')
      fifo() {
        return sendfile(join(root, 'pipe'));
      }
    }

    @Controller('admin/private/*path')
    @UseGuards(NobodyIsAdmin)
    class AdminController extends PathDownloadController {
      override root = join(root, 'private');
    }

    @Controller('admin/*path')
    class EverybodyController extends PathDownloadController {
      override root = root;
    }

    @Controller('guarded/*path')
    @UseGuards(NotPrivate)
    class GuardedController extends PathDownloadController {
      override root = root;
    }

    running = await startApplication(adapter, {
      options: {
        storages: {
          default: new FileSystemStorage({ root }),
          hidden: new FileSystemStorage({ root, dotfiles: true }),
          inHidden: new FileSystemStorage({ root: join(root, '.data') }),
          linked: new FileSystemStorage({
            root: join(directory.path, 'root-link'),
          }),
        },
      },
      controllers: [
        SendfileController,
        AdminController,
        EverybodyController,
        GuardedController,
        PathDownloadController.asController('path/*path', { root }),
        PathDownloadController.asController('path-of-one/:path', { root }),
        PathDownloadController.asController('path-with-dots/*path', {
          root,
          dotfiles: true,
        }),
        PathDownloadController.asController('path-linked/*path', {
          root: join(directory.path, 'root-link'),
        }),
        PathDownloadController.asController('path-in-hidden/*path', {
          root: join(directory.path, 'link-to-data'),
        }),
        StorageDownloadController.asController('key-in-hidden/*path', {
          storage: 'inHidden',
        }),
        StorageDownloadController.asController('key/*path'),
        StorageDownloadController.asController('key-of-one/:path'),
        StorageDownloadController.asController('key-with-dots/*path', {
          storage: 'hidden',
        }),
        StorageDownloadController.asController('key-linked/*path', {
          storage: 'linked',
        }),
      ],
      configure: (app) => app.useLogger(log),
    });
    const answer = await httpRequest(running.origin, '/path/missing');
    expect(answer.status).toBe(404);
    missing = comparable(answer);
  });

  // A test that fails because an open() waits must not keep the others from failing or passing.
  afterEach(() => wakeFifo(join(root, 'pipe')));

  afterAll(async () => {
    closeSocket();
    await running.close();
    await directory.remove();
  });

  function get(path: string): Promise<HttpAnswer> {
    return httpRequest(running.origin, path);
  }

  async function expectRefused(path: string): Promise<void> {
    const answer = await get(path);
    expect(comparable(answer)).toEqual(missing);
    const head = await httpRequest(running.origin, path, { method: 'HEAD' });
    expect(head.status).toBe(404);
    expect(head.headers['cache-control']).toBe('no-store');
  }

  it('a missing file is Nest’s own 404, which nobody keeps and which tells nothing of the file', async () => {
    for (const path of ['/path/missing', '/key/missing']) {
      const answer = await get(path);
      expect(answer.text).toBe('{"message":"Not Found","statusCode":404}');
      expect(answer.headers['content-type']).toMatch(/^application\/json/);
      expect(answer.headers['cache-control']).toBe('no-store');
      for (const name of [
        'content-disposition',
        'content-encoding',
        'content-security-policy',
        'last-modified',
        'accept-ranges',
      ]) {
        expect(answer.headers).not.toHaveProperty(name);
      }
      // Express tags the JSON; that tag is not of the file.
      expect(answer.headers.etag ?? 'W/').toMatch(/^W\//);
    }
  });

  describe.each(['path', 'path-of-one', 'key', 'key-of-one'])(
    'on /%s',
    (prefix) => {
      it.each(SEGMENTS)(
        'answers %s as if nothing were there',
        async (_, segment) => {
          await expectRefused(`/${prefix}/${segment}`);
        },
      );

      it.each(['%', '%4', '%zz', '%E0%A4%A', '%FF', '%c0%ae%c0%ae'])(
        'answers the malformed coding %s with 400, and no path',
        async (segment) => {
          const answer = await get(`/${prefix}/${segment}`);
          expect(answer.status).toBe(400);
          expect(everythingIn(answer)).not.toContain(directory.path);
        },
      );

      it('serves a file with a backslash in its name, which is an ordinary character', async () => {
        const answer = await get(`/${prefix}/back%5Cslash.txt`);
        expect(answer.status).toBe(200);
        expect(answer.text).toBe('back\\slash.txt');
      });

      it('follows a symlink that stays inside', async () => {
        const answer = await get(`/${prefix}/link-in`);
        expect(answer.status).toBe(200);
        expect(answer.text).toBe('b.txt');
      });

      // find-my-way gives parameters 100 characters; a wildcard has no such limit.
      const longest = prefix.endsWith('-of-one') ? 100 : Infinity;
      const names = prefix === 'path' ? DIFFICULT_FILE_NAMES : NAMES;
      it.each(names.filter(({ name }) => name.length <= longest))(
        'serves a name with $title',
        async ({ name }) => {
          const answer = await get(`/${prefix}/${encodeURIComponent(name)}`);
          expect(answer.status).toBe(200);
          expect(answer.text).toBe(name);
        },
      );
    },
  );

  describe.each(['path', 'key'])('on /%s', (prefix) => {
    it.each(TAILS)('answers %s as if nothing were there', async (_, tail) => {
      await expectRefused(`/${prefix}/${tail}`);
    });

    it('has nothing at its prefix itself', async () => {
      for (const path of [`/${prefix}`, `/${prefix}/`, `/${prefix}//`]) {
        const answer = await get(path);
        expect(answer.status).toBe(404);
        expect(everythingIn(answer)).not.toContain(directory.path);
      }
    });

    it.each([
      ['.hidden', '.hidden'],
      ['.git/config', '.git/config'],
      ['a/.hidden', 'a/.hidden'],
      ['link-hidden', '.hidden'],
      ['link-git/config', '.git/config'],
    ])(
      'serves %s with dotfiles, where they are allowed',
      async (tail, text) => {
        const answer = await get(`/${prefix}-with-dots/${tail}`);
        expect(answer.status).toBe(200);
        expect(answer.text).toBe(text);
      },
    );

    it('serves from a root below a directory with a dot in front, and nothing hidden below it', async () => {
      expect((await get(`/${prefix}-in-hidden/a.txt`)).text).toBe('a');
      expect((await get(`/${prefix}-in-hidden/link`)).text).toBe('a');
      await expectRefused(`/${prefix}-in-hidden/link-hidden`);
    });

    it.each(['..', '.', './.hidden', '.git/../b.txt', '%2e%2e%2foutside'])(
      'refuses %s where dotfiles are allowed',
      async (tail) => {
        await expectRefused(`/${prefix}-with-dots/${tail}`);
      },
    );

    it('serves from a root that is itself a symlink, and nothing beside it', async () => {
      expect((await get(`/${prefix}-linked/a/b`)).text).toBe('a/b');
      await expectRefused(`/${prefix}-linked/link-out`);
      await expectRefused(`/${prefix}-linked/../outside/secret.txt`);
    });

    it('gives no path and no bytes from outside away, whatever the path', async () => {
      await fc.assert(
        fc.asyncProperty(anyTail, async (tail) => {
          const answer = await get(`/${prefix}/${tail}`);
          expect([200, 400, 404]).toContain(answer.status);
          expect(everythingIn(answer)).not.toContain(directory.path);
          expect(everythingIn(answer)).not.toContain(SECRET);
          expect(everythingIn(answer)).not.toContain('root:x:');
        }),
        { numRuns: 200 },
      );
    });
  });

  describe('guards', () => {
    it('the path is guarded, and what is not private is served', async () => {
      expect((await get('/guarded/private/secret.txt')).status).toBe(403);
      expect((await get('/guarded/b.txt')).status).toBe(200);
      expect((await get('/admin/private/secret.txt')).status).toBe(403);
      expect((await get('/admin/b.txt')).status).toBe(200);
    });

    it.each([
      'private%2Fsecret.txt',
      'private%2fsecret.txt',
      'private%252Fsecret.txt',
      'private//secret.txt',
      '/private/secret.txt',
      './private/secret.txt',
      'a/../private/secret.txt',
      'a%2F..%2Fprivate%2Fsecret.txt',
      'private/./secret.txt',
      'private/secret.txt/',
      'private%5Csecret.txt',
      '%70rivate%2Fsecret.txt',
      'private/secret.txt%00',
      'private;x/secret.txt',
      'PRIVATE/secret.txt',
    ])('no guard is passed by %s', async (tail) => {
      for (const prefix of ['guarded', 'admin']) {
        const answer = await get(`/${prefix}/${tail}`);
        expect([403, 404]).toContain(answer.status);
        expect(answer.text).not.toContain(SECRET);
      }
    });

    it('no guard that reads the path is passed by encoded letters', async () => {
      const answer = await get('/guarded/%70rivate/secret.txt');
      expect(answer.status).toBe(403);
    });

    it('the whole address in the request line is no way round either', async () => {
      for (const target of [
        'http://private/guarded/secret.txt',
        `${running.origin}/guarded/private/secret.txt`,
      ]) {
        const answer = await get(target);
        expect([403, 404]).toContain(answer.status);
        expect(answer.text).not.toContain(SECRET);
      }
    });

    it('serves the file of a whole address in the request line (RFC 9112 3.2.2)', async () => {
      const answer = await get(`${running.origin}/guarded/a/b`);
      expect(answer.text).toBe('a/b');
    });
  });

  describe('files that are no files', () => {
    it.each(['/device', '/fifo'])(
      '%s is refused without a root too',
      expectRefused,
    );

    it('twenty requests for a FIFO do not keep another download waiting', async () => {
      const answers = await Promise.all([
        ...Array.from({ length: 20 }, () => get('/path/pipe')),
        get('/path/b.txt'),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([
        ...Array<number>(20).fill(404),
        200,
      ]);
    });
  });

  describe('the log', () => {
    it('escapes what came from outside', async () => {
      await expectRefused(
        '/path/a%0D%0AForged%20line%1B%5B31m%E2%80%AE%C2%85b',
      );
      expect(log.text).toContain(
        'a\\u000d\\u000aForged line\\u001b[31m\\u202e\\u0085b',
      );
      expect(log.lines.join('')).not.toMatch(/[\p{Cc}\u202e]/u);
    });

    it('tells why a file was refused, at the level of everyday things', async () => {
      await expectRefused('/path/link-out');
      await expectRefused('/path/pipe');
      const told = log.of('debug').join('\n');
      expect(told).toMatch(
        /SuspiciousPathError: '.*link-out' leaves its root by a link/,
      );
      expect(told).toMatch(/FileNotFoundError: '.*pipe' is not a regular file/);
      expect(log.of('error')).toEqual([]);
    });
  });
});

const anyTail = fc
  .array(
    fc.constantFrom(
      ...['a', 'b', 'b.txt', 'folder', 'root', 'outside', 'secret.txt'],
      ...['link-out', 'directory-out', 'link-in', '.hidden', 'etc', 'passwd'],
      ...['..', '.', '/', '//', '%2e', '%2e%2e', '%2F', '%5C', '%00', '%25'],
      ...['?', '#', ';', '\\', ':', '@', '%', '%C3', '%A9', '+', '*', '~'],
    ),
    { maxLength: 10 },
  )
  .map((parts) => parts.join(''));

/** Everything that must be the same for all refusals. */
function comparable({ status, headers, text }: HttpAnswer): unknown {
  return { status, headers: { ...headers, date: undefined }, text };
}

function everythingIn({ rawHeaders, text }: HttpAnswer): string {
  return [...rawHeaders, text].join('\n');
}

/** Fills the directory, and gives what closes the socket in it. */
async function fill(directory: TemporaryDirectory): Promise<() => void> {
  for (const name of [
    ...['a/b', 'b.txt', 'back\\slash.txt', 'folder/inside.txt'],
    ...['.hidden', '.git/config', 'a/.hidden'],
  ]) {
    await directory.write(`root/${name}`, name);
  }
  await directory.write('root/.data/a.txt', 'a');
  await directory.write('root/.data/.hidden', 'hidden');
  for (const { name } of DIFFICULT_FILE_NAMES) {
    await directory.write(`root/${name}`, name);
  }
  await directory.write('root/private/secret.txt', SECRET);
  await directory.write('root/private/guarded/secret.txt', SECRET);
  await directory.write('outside/secret.txt', SECRET);
  const root = join(directory.path, 'root');
  await mkdir(join(root, 'empty'));
  for (const [name, target] of [
    ['link-in', 'b.txt'],
    ['link-hidden', '.hidden'],
    ['link-to-file-hidden', 'a/.hidden'],
    ['link-git', '.git'],
    ['link-out', '../outside/secret.txt'],
    ['directory-out', '../outside'],
    ['dangling', 'nothing'],
    ['loop', 'loop'],
    ['zero', '/dev/zero'],
    ['../root-link', 'root'],
    ['../link-to-data', 'root/.data'],
    ['.data/link', 'a.txt'],
    ['.data/link-hidden', '.hidden'],
  ]) {
    await symlink(target, join(root, name));
  }
  makeFifo(join(root, 'pipe'));
  return makeSocket(join(root, 'socket'));
}

describe.each(ADAPTERS)('sendfile() without a root on %s', (adapter) => {
  it('follows no `..` that came from a request, and says so aloud', async () => {
    const directory = await temporaryDirectory();
    await directory.write('public/a.txt', 'public');
    await directory.write('secret.txt', SECRET);

    @Controller()
    class CarelessController {
      @Get('careless')
      careless(@Query('n') name: string) {
        return sendfile(`${directory.path}/public/${name}`);
      }
    }
    const lines = new LogLines();
    const running = await startApplication(adapter, {
      controllers: [CarelessController],
      configure: (app) => app.useLogger(lines),
    });
    const ask = (name: string) =>
      httpRequest(running.origin, `/careless?n=${encodeURIComponent(name)}`);
    expect((await ask('a.txt')).text).toBe('public');
    expect(lines.of('warn')).toEqual([]);
    for (const name of [
      '../secret.txt',
      '..//secret.txt',
      'x/../../secret.txt',
    ]) {
      const { status, text } = await ask(name);
      expect(status).toBe(404);
      expect(text).not.toContain(directory.path);
    }
    expect(lines.of('warn')).toHaveLength(3);
    expect(lines.of('warn')[0]).toContain('`root`');
    await running.close();
    await directory.remove();
  });
});

describe.each(ADAPTERS)('a link to a hidden file on %s', (adapter) => {
  it('is handed over to no server, and by no sendfile() either', async () => {
    const directory = await temporaryDirectory();
    await directory.write('.hidden', 'hidden');
    await directory.write('a.txt', 'a');
    await symlink('.hidden', join(directory.path, 'link'));
    const root = directory.path;

    @Controller()
    class FileController {
      @Get('sendfile/:name')
      file(@Param('name') name: string) {
        return sendfile(name, { root });
      }
    }
    const running = await startApplication(adapter, {
      options: {
        backend: nginx({
          rules: [{ sourceDir: root, destination: '/_offload/' }],
        }),
        storages: { default: new FileSystemStorage({ root }) },
      },
      controllers: [
        FileController,
        PathDownloadController.asController('path/*path', { root }),
        StorageDownloadController.asController('key/*path'),
      ],
    });
    for (const prefix of ['sendfile', 'path', 'key']) {
      const shown = await httpRequest(running.origin, `/${prefix}/a.txt`);
      expect(shown.headers['x-accel-redirect']).toBeDefined();
      const { status, headers } = await httpRequest(
        running.origin,
        `/${prefix}/link`,
      );
      expect(status).toBe(404);
      expect(headers).not.toHaveProperty('x-accel-redirect');
    }
    await running.close();
    await directory.remove();
  });
});

describe.each(ADAPTERS)('A root that is a file: URL on %s', (adapter) => {
  it('holds what is handed out', async () => {
    const directory = await temporaryDirectory();
    await directory.write('public/a.txt', 'public');
    await directory.write('public/.hidden', 'hidden');
    await directory.write('secret.txt', SECRET);
    const root = pathToFileURL(join(directory.path, 'public'));

    @Controller()
    class HandlersController {
      @Get('sendfile')
      file(@Query('n') name: string, @Query('dotfiles') dotfiles?: string) {
        return sendfile(name, { root, dotfiles: dotfiles === 'true' });
      }

      @Get('key')
      key(@Query('n') name: string) {
        return new DownloadResponse(
          new StorageFile(new FileSystemStorage({ root }), name),
        );
      }
    }
    const running = await startApplication(adapter, {
      options: { storages: { default: new FileSystemStorage({ root }) } },
      controllers: [
        HandlersController,
        PathDownloadController.asController('path/*path', { root }),
        StorageDownloadController.asController('storage/*path'),
      ],
    });
    const answers = async (...paths: string[]) =>
      Promise.all(
        paths.map(async (path) => {
          const { status, text } = await httpRequest(running.origin, path);
          return status === 200 ? text : status;
        }),
      );
    expect(
      await answers('/sendfile?n=a.txt', '/path/a.txt', '/storage/a.txt'),
    ).toEqual(['public', 'public', 'public']);
    expect(
      await answers(
        '/sendfile?n=..%2Fsecret.txt',
        '/sendfile?n=.hidden',
        '/path/.hidden',
        '/sendfile?n=.hidden&dotfiles=true',
        '/sendfile?n=..%2Fsecret.txt&dotfiles=true',
      ),
    ).toEqual([404, 404, 404, 'hidden', 404]);
    // Types are the program's: a query may have a name twice, or not at all.
    expect(
      await answers(
        '/sendfile?n=a.txt&n=b.txt',
        '/sendfile?n=../a.txt&n=b.txt',
        '/sendfile',
        '/key?n=a.txt&n=b.txt',
        '/key',
      ),
    ).toEqual([404, 404, 404, 404, 404]);
    await running.close();
    await directory.remove();
  });
});
