import { randomUUID } from 'node:crypto';
import { rename, truncate } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type CompletionsOptions,
  type DownloadEvent,
  DownloadEvents,
  PathDownloadController,
} from 'nestjs-downloadview';
import { filter, firstValueFrom, take, toArray } from 'rxjs';

import {
  type ServedSite,
  startBehind,
} from '../support/servers/behind-server.js';
import { eventually } from '../support/eventually.js';
import { type HttpAnswer } from '../support/clients/http-client.js';
import { RawClient } from '../support/clients/raw-client.js';
import {
  completionsLog,
  freeAddress,
  interrupted,
  telling,
} from '../support/telling-server.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import { describeAllServers } from '../support/servers/tested-servers.js';

const SIZE = 64 * 1024 * 1024;

describeAllServers('what became of a file', (server, adapter) => {
  const NAMES = {
    nginx: 'nginx',
    Apache: 'apache',
    lighttpd: 'lighttpd',
    Caddy: 'caddy',
  };
  const name = NAMES[server.name];
  const takesDatagrams = server.name === 'nginx' || server.name === 'Caddy';
  /** This Caddy and nginx have tags of their own, and hold conditions against them. */
  const conditional = server.hasOwnTag ? name : 'application';

  let directory: TemporaryDirectory;
  let site: ServedSite;
  let events: DownloadEvents;
  /** What happens between the decision and the server's look at the file. */
  let meanwhile: (() => Promise<unknown>) | undefined;

  async function start(timeout: number, way: 'file' | 'listen'): Promise<void> {
    directory = await temporaryDirectory();
    const root = directory.path;
    await directory.write('a.txt', '0123456789');
    await directory.zeros('large.bin', SIZE);
    const completions: CompletionsOptions =
      way === 'file'
        ? { file: await completionsLog(directory), timeout }
        : { listen: await freeAddress(), timeout };
    site = await startBehind(server.kind, adapter, {
      backend: interrupted(
        telling(server.backend([{ sourceDir: root }]), completions),
        () => meanwhile?.(),
      ),
      options: {
        completions,
        concurrent: {
          max: 1,
          by: ({ headers }) => String(headers['x-user'] ?? randomUUID()),
        },
      },
      controllers: [
        PathDownloadController.asController('files/*path', { root }),
      ],
    });
    events = site.application.app.get(DownloadEvents);
  }

  async function stop(): Promise<void> {
    await site.stop();
    await directory.remove();
  }

  /** How the next download ends, whoever tells it. */
  function end(): Promise<DownloadEvent> {
    let next: string | undefined;
    return firstValueFrom(
      events.pipe(
        filter(({ id, phase, outcome }) => {
          if (phase === 'started') next ??= id;
          return (
            id === next && phase === 'finished' && outcome !== 'handed-over'
          );
        }),
      ),
    );
  }

  async function endOf(
    path: string,
    headers: Record<string, string> = {},
  ): Promise<{ answer: HttpAnswer; event: DownloadEvent }> {
    const event = end();
    const answer = await site.through(`/files/${path}`, { headers });
    return { answer, event: await event };
  }

  describe.each(
    takesDatagrams ? (['file', 'listen'] as const) : (['file'] as const),
  )('by %s', (way) => {
    beforeAll(() => start(3600, way));
    afterAll(stop);

    it('is told of the whole, with its size, after it was handed over', async () => {
      const both = firstValueFrom(
        events.pipe(
          filter(({ phase }) => phase === 'finished'),
          take(2),
          toArray(),
        ),
      );
      await site.through('/files/a.txt');

      const [handedOver, completed] = await both;
      expect(handedOver).toMatchObject({
        outcome: 'handed-over',
        size: 10,
        sender: name,
      });
      expect(completed).toMatchObject({
        id: handedOver?.id,
        outcome: 'completed',
        status: 200,
        bytes: 10,
        size: 10,
        sender: name,
      });
    });

    it('is told of a range', async () => {
      const { event } = await endOf('a.txt', { Range: 'bytes=2-4' });

      expect(event).toMatchObject({
        outcome: 'completed',
        status: 206,
        bytes: 3,
        sender: name,
      });
    });

    it('is told of several ranges, with what stands between them', async () => {
      const { answer, event } = await endOf('a.txt', {
        Range: 'bytes=0-1,5-6',
      });

      expect(event).toMatchObject({
        outcome: 'completed',
        status: 206,
        bytes: answer.body.length,
        // It sends one range only.
        sender: server.name === 'lighttpd' ? 'application' : name,
      });
    });

    it('is told of a client that has it already', async () => {
      const { answer } = await endOf('a.txt');
      const tag = answer.headers.etag ?? '';

      const { event } = await endOf('a.txt', { 'If-None-Match': tag });

      expect(event).toMatchObject({
        outcome: 'not-modified',
        status: 304,
        bytes: 0,
        sender: conditional,
      });
    });

    it('counts as a download that goes on until then', async () => {
      const headers = { 'X-User': 'ada' };
      const status = async () =>
        (await site.through('/files/a.txt', { headers })).status;
      const client = await RawClient.connect(
        Number(new URL(site.server.origin).port),
      );
      await client.send({ path: '/files/large.bin', headers });
      await client.readALittle();

      expect(await status()).toBe(429);

      await client.leave();
      expect(await eventually(200, status)).toBe(200);
    });

    it('is told of a client that leaves', async () => {
      const event = end();
      const client = await RawClient.connect(
        Number(new URL(site.server.origin).port),
      );
      await client.send({ path: '/files/large.bin' });
      await client.readALittle();
      await client.leave();

      const { outcome, bytes, size, sender } = await event;
      expect({ outcome, size, sender }).toEqual({
        outcome: 'aborted',
        size: SIZE,
        sender: name,
      });
      expect(bytes).toBeLessThan(SIZE);
    });
  });

  // lighttpd's own 404 and 416 have no id.
  describe('of a file that is another one when the server looks', () => {
    const isHeardOf = server.name !== 'lighttpd';
    beforeAll(() => start(isHeardOf ? 3600 : 1, 'file'));
    afterAll(stop);

    it.each<[string, number, string, (path: string) => Promise<void>]>([
      ['gone', 404, 'failed', (path) => rename(path, `${path}.moved`)],
      ['shorter', 416, 'refused', (path) => truncate(path, 5)],
    ])(
      'is told, or never hears, that it is %s',
      async (title, status, outcome, change) => {
        const path = await directory.write(`${title}.txt`, '0123456789');
        meanwhile = () => change(path);

        const { answer, event } = await endOf(`${title}.txt`, {
          Range: 'bytes=8-9',
        });
        meanwhile = undefined;

        expect(answer.status).toBe(status);
        expect(event).toMatchObject(
          isHeardOf ? { outcome, status } : { outcome: 'unknown', status: 200 },
        );
        expect(event.sender).toBe(name);
      },
    );
  });
});
