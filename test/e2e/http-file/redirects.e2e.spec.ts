import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { HttpDownloadController, HttpFile } from 'nestjs-downloadview';
import { request } from 'undici';

import {
  agentFor,
  publicLookup,
} from '../../../lib/files/http-file-request.js';
import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../../support/application.js';
import { httpRequest } from '../../support/clients/http-client.js';
import { RemoteOrigin } from '../../support/servers/remote-origin.js';

const BODY = '0123456789';

describe.each(ADAPTERS)('A redirected remote file on %s', (adapter) => {
  let first: RemoteOrigin;
  let second: RemoteOrigin;
  let unlisted: RemoteOrigin;
  let running: RunningApplication;

  beforeAll(async () => {
    first = await RemoteOrigin.start();
    second = await RemoteOrigin.start();
    unlisted = await RemoteOrigin.start();
    running = await startApplication(adapter, {
      controllers: [
        HttpDownloadController.asController('file', {
          url: `http://${first.host}/a/file.txt`,
          allowedHosts: [
            ...[first.host, second.host],
            // Without their ports: only public addresses.
            ...['127.0.0.1', 'localhost', '[::1]', '169.254.169.254'],
          ],
        }),
      ],
    });
  });

  beforeEach(() => {
    second.sends(200, { 'Content-Type': 'text/plain', ETag: '"v1"' }, BODY);
  });

  afterAll(async () => {
    await running.close();
    await first.close();
    await second.close();
    await unlisted.close();
  });

  const ask = (headers: Record<string, string> = {}, method = 'GET') =>
    httpRequest(running.origin, '/file', { method, headers });

  it.each([[301], [302], [303], [307], [308]])(
    'is followed by %i to a host that is listed, with the same question',
    async (status) => {
      first.sends(
        status,
        { Location: `http://${second.host}/b/other.txt` },
        'moved',
      );
      for (const method of ['GET', 'HEAD']) {
        second.requests.length = 0;
        const answer = await ask({ Range: 'bytes=2-4', Cookie: 'a=b' }, method);
        expect([answer.status, answer.text]).toEqual([
          200,
          method === 'GET' ? BODY : '',
        ]);
        // The client is told the name that the application asked for.
        expect(answer.headers['content-disposition']).toContain(
          'filename="file.txt"',
        );
        expect(answer.headers).not.toHaveProperty('location');
        const range = method === 'GET' ? ['range: bytes=2-4'] : [];
        expect(second.requests).toEqual([
          {
            method,
            url: '/b/other.txt',
            fields: ['accept-encoding: identity', ...range],
          },
        ]);
      }
    },
  );

  it.each([
    ['b.txt?c', '/a/b.txt?c'],
    ['/b.txt#c', '/b.txt'],
    [Buffer.from('/é.txt').toString('latin1'), '/%C3%A9.txt'],
  ])('is followed where %j leads', async (location, url) => {
    first.answers((response, { url: asked }) => {
      if (asked === '/a/file.txt')
        response.writeHead(302, { Location: location });
      response.end(BODY);
    });
    expect((await ask()).text).toBe(BODY);
    expect(first.requests.map((request) => request.url)).toEqual([
      '/a/file.txt',
      url,
    ]);
  });

  it.each([
    [5, 200],
    [6, 502],
  ])('%i times in a row is a %i', async (times, status) => {
    let left = times;
    first.answers((response) => {
      if (left-- > 0) response.writeHead(302, { Location: '/again' });
      response.end(BODY);
    });
    expect((await ask()).status).toBe(status);
    expect(first.requests).toHaveLength(6);
  });

  it.each([
    ['a host that is not listed', 'http://files.example/'],
    ['another port', 'http://127.0.0.1:PORT/'],
    ['a name of it', 'http://localhost:PORT/'],
    ['a number of it', 'http://2130706433:PORT/'],
    ['an address of IPv6 that stands for it', 'http://[::ffff:7f00:1]:PORT/'],
    ['an address that is listed without a port', 'http://127.0.0.1/'],
    ['the same as a number', 'http://2130706433/'],
    ['the same in parts', 'http://0x7f.1/'],
    ['another spelling of it', 'http://[::ffff:7f00:1]/'],
    ['loopback of IPv6', 'http://[::1]/'],
    ['the settings of a machine in a cloud', 'http://169.254.169.254/latest/'],
    ['a name with an address that is not public', 'http://localhost/'],
    ['credentials', 'http://user:secret@SECOND/'],
    ['a file', 'file:///etc/passwd'],
    ['nowhere', 'http://'],
  ])('is 502 where it leads to %s', async (_, location) => {
    const Location = location
      .replace('SECOND', second.host)
      .replace('PORT', String(unlisted.port));
    first.sends(302, { Location });
    unlisted.sends(200, {}, 'secret');
    const answer = await ask();
    expect(answer.status).toBe(502);
    expect(answer.text).not.toMatch(/127\.0|localhost|secret/);
    expect([...second.requests, ...unlisted.requests]).toEqual([]);
  });

  it('is 502 where it does not say where it leads, or says so twice', async () => {
    const twice: Record<string, string[]> = { Location: ['/a', '/b'] };
    for (const headers of [{}, twice]) {
      first.sends(302, headers);
      expect((await ask()).status).toBe(502);
      expect(first.requests).toHaveLength(1);
    }
  });

  it.each([[300], [304], [305]])('is 502 for a %i', async (status) => {
    first.sends(status, { Location: `http://${second.host}/` });
    expect((await ask()).status).toBe(502);
    expect(second.requests).toEqual([]);
  });
});

describe('A remote file of an address that is not public', () => {
  let origin: RemoteOrigin;
  const notAllowed = { name: 'RemoteFileError', reason: 'not-allowed' };

  beforeAll(async () => {
    origin = await RemoteOrigin.start();
    origin.sends(200, {}, BODY);
  });

  afterAll(() => origin.close());

  it('is asked where its name is listed with the port', async () => {
    const host = `localhost:${origin.port}`;
    const file = new HttpFile(`http://${host}/x`, { allowedHosts: [host] });
    expect((await file.stat()).size).toBe(BODY.length);
  });

  it('is not asked where only its name is listed', async () => {
    const allowedHosts = ['localhost'];
    for (const scheme of ['http', 'https']) {
      const file = new HttpFile(`${scheme}://localhost/x`, { allowedHosts });
      await expect(file.stat()).rejects.toMatchObject(notAllowed);
      await expect(file.request()).rejects.toMatchObject(notAllowed);
      await expect(file.open({ start: 1 })).rejects.toMatchObject(notAllowed);
    }
  });

  it('is not reached over a connection that somebody else may have', async () => {
    const url = `http://${origin.host}/x`;
    const trusted = agentFor(true, 1000);
    await (await request(url, { dispatcher: trusted })).body.dump();
    origin.requests.length = 0;
    for (const host of [
      origin.host,
      `localhost:${origin.port}`,
      `[::ffff:127.0.0.1]:${origin.port}`,
    ]) {
      const reached = request(`http://${host}/x`, {
        dispatcher: agentFor(false, 1000),
      });
      await expect(reached).rejects.toMatchObject(notAllowed);
    }
    expect(origin.requests).toEqual([]);
    expect(agentFor(true, 1000)).toBe(trusted);
  });

  it('is refused by each form of the lookup, and a public one is not', async () => {
    const lookup = (host: string, all: boolean) =>
      new Promise((resolve, reject) => {
        publicLookup(host, { all }, (error, ...found) => {
          if (error) reject(error);
          else resolve(found);
        });
      });
    const address = '8.8.8.8';
    for (const all of [true, false]) {
      await expect(lookup('localhost', all)).rejects.toMatchObject(notAllowed);
    }
    expect(await lookup(address, false)).toEqual([address, 4]);
    expect(await lookup(address, true)).toEqual([[{ address, family: 4 }]]);
  });

  it('leaves no agent behind for each time-out that ever was', () => {
    const oldest = agentFor(true, 10);
    const newest = Array.from({ length: 32 }, (_, index) =>
      agentFor(true, 11 + index),
    );
    expect([oldest.closed, newest.some(({ closed }) => closed)]).toEqual([
      true,
      false,
    ]);
    expect(agentFor(true, 10)).not.toBe(oldest);
  });
});
