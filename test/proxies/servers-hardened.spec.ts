import { once } from 'node:events';
import { symlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { describeWith } from '../support/describe-with.js';
import {
  type HttpAnswer,
  httpRequest,
} from '../support/clients/http-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import {
  SERVERS,
  type TestedServer,
} from '../support/servers/tested-servers.js';
import {
  startWebServer,
  type WebServer,
} from '../support/servers/web-server.js';

const SECRET = 'nobody may have this';
const SPOOFED = {
  'X-Accel-Redirect': '/_offload-0/a.txt',
  'X-Accel-Mapping': '/=/_offload-0/',
  'X-Sendfile': '/etc/passwd',
  'X-Sendfile-Type': 'X-Sendfile',
};

/** Headers of other servers, or of its own, that it is configured to drop. */
const OF_OTHERS: Record<TestedServer['name'], readonly string[]> = {
  nginx: [],
  Apache: ['X-Sendfile-Temporary', 'X-Accel-Redirect'],
  lighttpd: [],
  Caddy: ['X-Sendfile'],
};

/** What an application might answer that is not ours, or goes wrong. */
interface Answer {
  readonly status?: number;
  readonly headers: Record<string, string>;
}

describe.each(SERVERS)('what is printed for $name', (server) => {
  describeWith([server.kind.program], 'behind any application', () => {
    let directory: TemporaryDirectory;
    let application: Server;
    let web: WebServer;
    let answer: Answer | undefined;

    beforeAll(async () => {
      directory = await temporaryDirectory();
      const root = `${directory.path}/media`;
      await directory.write('media/a.txt', 'Hello\n');
      await directory.write('secret.txt', SECRET);
      await directory.write('media-private/secret.txt', SECRET);
      await symlink('../secret.txt', `${root}/out`);
      application = createServer((request, response) => {
        const { status = 200, headers } = answer ?? { headers: {} };
        response.writeHead(status, {
          'Content-Type': 'text/plain',
          'Cache-Control': 'public, max-age=600',
          ETag: '"a"',
          ...headers,
        });
        const told = JSON.stringify([request.url, ...request.rawHeaders]);
        response.end(answer ? '' : told);
      }).listen(0, '127.0.0.1');
      await once(application, 'listening');
      const { port } = application.address() as AddressInfo;
      const backend = server.backend([{ sourceDir: root }]);
      web = await startWebServer(
        server.kind,
        (place) =>
          backend.serverConfig?.({ upstream: `127.0.0.1:${port}`, ...place }) ??
          '',
      );
    });

    afterAll(async () => {
      await web.stop();
      application.closeAllConnections();
      application.close();
      await directory.remove();
    });

    function ask(
      given?: Answer,
      path = '/',
      headers?: Record<string, string>,
    ): Promise<HttpAnswer> {
      answer = given;
      return httpRequest(web.origin, path, { headers });
    }

    const offload = (place: string): Record<string, string> => ({
      [server.offloadHeader]: place,
      'Content-Length': '0',
    });
    const told = (path: string): string =>
      server.told(`${directory.path}/media`, path);

    it('sends a file that it is told', async () => {
      expect(await ask({ headers: offload(told('a.txt')) })).toMatchObject({
        status: 200,
        text: 'Hello\n',
      });
    });

    it.each([
      '../secret.txt',
      '../media-private/secret.txt',
      '..%2fsecret.txt',
      '%2e%2e/secret.txt',
      'a.txt/../../secret.txt',
      'missing',
      '',
    ])('sends nothing that it is told by %j below the root', async (path) => {
      const { status, text } = await ask({ headers: offload(told(path)) });

      expect(status).toBeGreaterThanOrEqual(400);
      expect(text).not.toContain(SECRET);
    });

    it.each(['/etc/hostname', 'a.txt', '/', ''])(
      'sends nothing that it is told by %j elsewhere',
      async (place) => {
        const { text } = await ask({ headers: offload(place) });

        expect(text).not.toMatch(/Hello/);
        expect(text.length).toBeLessThan(600);
      },
    );

    it('sends nothing of a directory that begins alike', async () => {
      const place = server.told(
        `${directory.path}/media-private`,
        'secret.txt',
      );

      expect((await ask({ headers: offload(place) })).text).not.toContain(
        SECRET,
      );
    });

    it.each([404, 403, 500, 302, 206])(
      'tells no client where a file lies beside the status %d',
      async (status) => {
        const headers = offload(told('a.txt'));

        const { rawHeaders } = await ask({ status, headers });

        expect(rawHeaders.join('\n')).not.toContain(directory.path);
        expect(rawHeaders.join('\n')).not.toMatch(/_offload/);
      },
    );

    for (const name of OF_OTHERS[server.name]) {
      it(`does not obey ${name}, and lets no client see it`, async () => {
        const headers = { [name]: told('a.txt') };

        const { rawHeaders, text } = await ask({ headers });

        expect(text).toBe('');
        expect(rawHeaders).not.toContain(name);
      });
    }

    it('brings the application no header by which a server would tell it places', async () => {
      const { text } = await ask(undefined, '/', SPOOFED);

      expect(text.toLowerCase()).not.toMatch(/x-accel|x-sendfile/);
    });

    it.each([
      '/a%2Fb',
      '/a//b',
      '/a%0Ab',
      '/a%20b%25?c=%2F%20+&d',
      '/%E6%97%A5/%ff',
      '/a;b=c/,d',
    ])('brings the application the path %s as it was sent', async (path) => {
      const { text } = await ask(undefined, path);

      expect((JSON.parse(text) as string[])[0]).toBe(path);
    });

    it('says to the application which host and protocol the client asked', async () => {
      const { text } = await ask(undefined, '/', { Host: 'files.example' });
      const [, ...told] = JSON.parse(text) as string[];
      const valueOf = (name: string): string | undefined =>
        told.find((_, index) => told[index - 1]?.toLowerCase() === name);

      expect(valueOf('host')).toBe('files.example');
      expect(valueOf('x-forwarded-proto')).toBe('http');
      expect(valueOf('x-forwarded-for')).toBe('127.0.0.1');
    });

    it.each(['GET', 'HEAD'])('is asked by %s alike', async (method) => {
      answer = { headers: offload(told('a.txt')) };

      const { status, headers } = await httpRequest(web.origin, '/', {
        method,
      });

      expect([status, headers['content-length']]).toEqual([200, '6']);
    });
  });
});
