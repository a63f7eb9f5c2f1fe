import { randomBytes } from 'node:crypto';
import { truncate } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { nginx } from 'nestjs-downloadview';
import { LimitedLinkGrant, LimitedLinks } from 'nestjs-downloadview/typeorm';
import { DataSource } from 'typeorm';

import { ADAPTERS } from '../support/application.js';
import {
  type Site,
  startBehindNginx,
} from '../support/servers/behind-nginx.js';
import { describeWith } from '../support/describe-with.js';
import { eventually } from '../support/eventually.js';
import { type Exchanged, exchangesOf } from '../support/clients/exchanges.js';
import { limitedParts } from '../support/links/limited-site.js';
import { RawClient } from '../support/clients/raw-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

/** More than the buffers of two connections hold. */
const LARGE = 64 * 1024 * 1024;

describeWith(['nginx'], 'limited links behind nginx', () => {
  describe.each(ADAPTERS)('%s', (adapter) => {
    const bytes = randomBytes(100_000);
    let directory: TemporaryDirectory;
    let site: Site;
    let links: LimitedLinks;
    let exchanged: Exchanged[];

    beforeAll(async () => {
      directory = await temporaryDirectory();
      const root = directory.path;
      await directory.write('file.bin', bytes);
      const backend = nginx({
        rules: [{ sourceDir: `${root}/`, destination: '/_offload/' }],
      });
      site = await startBehindNginx(adapter, {
        ...limitedParts({ root }),
        backend,
      });
      links = site.application.app.get(LimitedLinks);
      exchanged = exchangesOf(site.application.app);
    });
    afterAll(async () => {
      await site.stop();
      await directory.remove();
    });

    const share = (path = '/direct/:link', subject = 'file.bin') =>
      links.create({ path, subject });
    const used = async (id: string) => (await links.find(id))?.used;

    it('count the file, which nginx itself is not left to send, and go on', async () => {
      const { id, url } = await share();
      const first = await site.through(url);
      expect(first.body.equals(bytes)).toBe(true);
      expect(first.headers).toMatchObject({
        'cache-control': 'private, no-store, no-transform',
        'referrer-policy': 'no-referrer',
      });
      const rest = await site.through(url, {
        headers: {
          Range: 'bytes=60000-',
          'If-Range': first.headers.etag ?? '',
          'User-Agent': 'other',
        },
      });
      expect([rest.status, rest.headers.etag]).toEqual([
        206,
        first.headers.etag,
      ]);
      expect(rest.body.equals(bytes.subarray(60_000))).toBe(true);
      expect(await used(id)).toBe(1);
      expect((await site.through(url)).status).toBe(403);
    });

    it.each<[what: string, size: number, ranged: boolean]>([
      ['the small file of a phone', 5 * 1024 * 1024, false],
      ['the small file of a phone, by ranges', 5 * 1024 * 1024, true],
      ['a large file', LARGE, false],
    ])(
      'go on though a client loses its connection five times: %s',
      async (_, size, ranged) => {
        await truncate(await directory.write('lost.bin', ''), size);
        const { id, url } = await share('/shared/:link', 'lost.bin');
        const { headers } = await site.through(url, { method: 'POST' });
        const base = `http://test${url}`;
        const { pathname: path } = new URL(headers.location ?? '', base);
        const table = site.application.app
          .get(DataSource)
          .getRepository(LimitedLinkGrant);
        const running = async () =>
          (await table.findOneBy({ linkId: id }))?.connections;
        for (let times = 1; times <= 5; times += 1) {
          const client = await RawClient.connect(
            Number(new URL(site.nginx.origin).port),
          );
          const range = { Range: `bytes=${times * 1000}-` };
          await client.send({ path, ...(ranged && { headers: range }) });
          await client.readALittle();
          await client.leave();
          expect(await eventually(0, running)).toBe(0);
        }
        const whole = await site.through(path);
        expect([whole.status, whole.body.length]).toEqual([200, size]);
        expect(await used(id)).toBe(1);
      },
    );

    it('know no client by the address that is nginx’s own', async () => {
      const { id, url } = await share();
      await site.through(url);
      const range = { headers: { Range: 'bytes=1-' } };
      expect((await site.through(url, range)).status).toBe(403);
      expect(await used(id)).toBe(1);
    });

    it('count nothing that nginx would not send', async () => {
      const { id, url } = await share();
      const cases: [
        status: number,
        method: string,
        headers: Record<string, string>,
      ][] = [
        [200, 'HEAD', {}],
        [304, 'GET', { 'If-None-Match': '*' }],
        [412, 'GET', { 'If-Match': '"other"' }],
        [416, 'GET', { Range: 'bytes=100000-' }],
      ];
      for (const [status, method, headers] of cases) {
        const answer = await site.through(url, { method, headers });
        expect(answer.status).toBe(status);
        expect(await used(id)).toBe(0);
      }
    });

    it('lead from the page to the file', async () => {
      const { id, url } = await share('/shared/:link');
      expect((await site.through(url)).text).toContain('<form method="post">');
      expect(await used(id)).toBe(0);
      const { headers } = await site.through(url, { method: 'POST' });
      const { pathname } = new URL(headers.location ?? '', `http://test${url}`);
      const { body } = await site.through(pathname);
      expect(body.equals(bytes)).toBe(true);
      expect(await used(id)).toBe(1);
      expect(exchanged.at(-1)?.url).toBe(pathname);
    });
  });
});
