import { randomBytes } from 'node:crypto';
import { rename } from 'node:fs/promises';

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DownloadEvents } from 'nestjs-downloadview';
import { LimitedLinkGrant, LimitedLinks } from 'nestjs-downloadview/typeorm';
import { DataSource } from 'typeorm';

import {
  type ServedSite,
  startBehind,
} from '../support/servers/behind-server.js';
import { eventually } from '../support/eventually.js';
import { limitedParts } from '../support/links/limited-site.js';
import { RawClient } from '../support/clients/raw-client.js';
import {
  completionsLog,
  interrupted,
  telling,
} from '../support/telling-server.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import { describeAllServers } from '../support/servers/tested-servers.js';

const SIZE = 100_000;
/** More than the buffers of all connections hold. */
const LARGE = 64 * 1024 * 1024;

describeAllServers(
  'limited links of a server that tells',
  (server, adapter) => {
    const bytes = randomBytes(SIZE);
    let directory: TemporaryDirectory;
    let site: ServedSite;
    let links: LimitedLinks;
    const senders: string[] = [];
    /** What happens between the decision and the server's look at the file. */
    let meanwhile: (() => Promise<unknown>) | undefined;

    beforeAll(async () => {
      directory = await temporaryDirectory();
      const root = directory.path;
      await directory.write('file.bin', bytes);
      await directory.zeros('large.bin', LARGE);
      const completions = { file: await completionsLog(directory) };
      const backend = interrupted(
        telling(server.backend([{ sourceDir: `${root}/` }]), completions),
        () => meanwhile?.(),
      );
      const parts = limitedParts({ root, backend, completions });
      site = await startBehind(server.kind, adapter, { ...parts, backend });
      links = site.application.app.get(LimitedLinks);
      site.application.app
        .get(DownloadEvents)
        .subscribe(({ phase, sender }) => {
          if (phase === 'started') senders.push(sender);
        });
    });
    afterAll(async () => {
      await site.stop();
      await directory.remove();
    });

    const share = (subject = 'file.bin') =>
      links.create({ path: '/direct/:link', subject });
    const used = async (id: string) => (await links.find(id))?.used;
    const grantOf = (linkId: string) =>
      site.application.app
        .get(DataSource)
        .getRepository(LimitedLinkGrant)
        .findOneByOrFail({ linkId });
    /** What the use has had, once the server has told of all its answers. */
    const drawnBy = async (linkId: string) => {
      const running = async () => (await grantOf(linkId)).connections;
      expect(await eventually(0, running)).toBe(0);
      return (await grantOf(linkId)).drawn;
    };
    // By a tag of its own, as this Caddy's, no client can show that a use is its.
    const sender =
      server.name === 'Caddy' ? 'application' : server.kind.program;
    const expectSender = () =>
      expect(senders.at(-1)).toBe(sender.replace('apache2', 'apache'));

    it('count a file that the server sends, once', async () => {
      const { id, url } = await share();

      const first = await site.through(url);

      expectSender();
      expect(first.body.equals(bytes)).toBe(true);
      expect(first.headers).toMatchObject({
        'cache-control': expect.stringContaining('no-store'),
        'referrer-policy': 'no-referrer',
      });
      expect(await used(id)).toBe(1);
      expect(await drawnBy(id)).toBe(SIZE);
      expect((await site.through(url)).status).toBe(403);
    });

    it('go on by tag, and count the rest', async () => {
      const { id, url } = await share();
      const first = await site.through(url);
      const tag = first.headers.etag ?? '';

      const rest = await site.through(url, {
        headers: { Range: 'bytes=60000-', 'If-Range': tag },
      });

      expect([rest.status, rest.headers.etag]).toEqual([206, tag]);
      expect(rest.body.equals(bytes.subarray(60_000))).toBe(true);
      expect(await used(id)).toBe(1);
      expect(await drawnBy(id)).toBe(SIZE + 40_000);
    });

    it('count what was sent to a client that left', async () => {
      const { id, url } = await share('large.bin');
      const client = await RawClient.connect(
        Number(new URL(site.server.origin).port),
      );
      await client.send({ path: url });
      await client.readALittle();
      expectSender();
      expect((await grantOf(id)).drawn).toBe(LARGE);

      await client.leave();

      expect(await drawnBy(id)).toBeLessThan(LARGE);
      expect(await used(id)).toBe(1);
    });

    it('count nothing where the file is gone when the server looks', async () => {
      await directory.write('gone.bin', bytes);
      const { id, url } = await share('gone.bin');
      const path = `${directory.path}/gone.bin`;
      meanwhile = () => rename(path, `${path}.moved`);

      const answer = await site.through(url);
      meanwhile = undefined;

      expect(answer.status).toBeGreaterThanOrEqual(400);
      if (server.name === 'lighttpd') {
        // Its own 404 has no id: nobody tells of it.
        expect(await used(id)).toBe(1);
      } else {
        expect(await eventually(0, () => used(id))).toBe(0);
      }
    });

    it('count nothing that has no file', async () => {
      const { id, url } = await share();
      const cases: [status: number, headers: Record<string, string>][] = [
        [304, { 'If-None-Match': '*' }],
        [412, { 'If-Match': '"other"' }],
        [416, { Range: `bytes=${SIZE}-` }],
      ];
      for (const [status, headers] of cases) {
        expect((await site.through(url, { headers })).status).toBe(status);
      }
      expect(await eventually(0, () => used(id))).toBe(0);
    });
  },
);
