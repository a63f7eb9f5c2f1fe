import { randomBytes } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DownloadEvents, nginx } from 'nestjs-downloadview';
import { LimitedLinkGrant, LimitedLinks } from 'nestjs-downloadview/typeorm';
import { DataSource } from 'typeorm';

import { ADAPTERS } from '../support/application.js';
import {
  type ServedSite,
  startBehind,
} from '../support/servers/behind-server.js';
import { describeWith } from '../support/describe-with.js';
import { eventually } from '../support/eventually.js';
import { limitedParts } from '../support/links/limited-site.js';
import { SigningStore } from '../support/stores/signing-store.js';
import { completionsLog, telling } from '../support/telling-server.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import { NGINX } from '../support/servers/web-server-kinds.js';

const CONTENT = randomBytes(4096);

describeWith(['nginx'], 'limited links to files of a store', () => {
  describe.each(
    ADAPTERS.flatMap(([adapter]) =>
      (['passed on', 'kept'] as const).map((way) => ({ adapter, way })),
    ),
  )('that nginx has $way, on $adapter', ({ adapter, way }) => {
    let directory: TemporaryDirectory;
    let store: SigningStore;
    let site: ServedSite;
    let links: LimitedLinks;
    const senders: string[] = [];

    beforeAll(async () => {
      directory = await temporaryDirectory();
      store = await SigningStore.start();
      const { storage, host } = store;
      storage.namesVersions = true;
      await storage.save('file.bin', CONTENT);
      const completions = { file: await completionsLog(directory) };
      const cache = {
        directory: `${directory.path}/cache`,
        size: '1g',
        slice: 1024,
      };
      const backend = telling(
        nginx({ remote: { hosts: [host], ...(way === 'kept' && { cache }) } }),
        completions,
      );
      const parts = limitedParts({
        root: directory.path,
        backend,
        completions,
      });
      site = await startBehind(NGINX, adapter, {
        ...parts,
        options: { ...parts.options, storages: { default: storage } },
        backend,
      });
      links = site.application.app.get(LimitedLinks);
      site.application.app
        .get(DownloadEvents)
        .subscribe(({ phase, sender }) => {
          if (phase === 'started') senders.push(sender);
        });
    });
    afterAll(async () => {
      await site.stop();
      store.close();
      await directory.remove();
    });

    const share = () =>
      links.create({ path: '/direct/:link', subject: 'file.bin' });
    /** What the use has had, once nginx has told of all its answers. */
    const drawnBy = async (linkId: string) => {
      const grant = () =>
        site.application.app
          .get(DataSource)
          .getRepository(LimitedLinkGrant)
          .findOneByOrFail({ linkId });
      const running = async () => (await grant()).connections;
      expect(await eventually(0, running)).toBe(0);
      return (await grant()).drawn;
    };

    it('count what nginx sends, and go on by tag', async () => {
      const { id, url } = await share();
      const whole = await site.through(url);
      const tag = whole.headers.etag ?? '';
      const rest = await site.through(url, {
        headers: { Range: 'bytes=1000-', 'If-Range': tag },
      });

      expect(whole.body.equals(CONTENT)).toBe(true);
      expect([rest.status, rest.headers.etag]).toEqual([206, tag]);
      expect(rest.body.equals(CONTENT.subarray(1000))).toBe(true);
      expect(senders).toEqual(['nginx', 'nginx']);
      expect(await drawnBy(id)).toBe(2 * CONTENT.length - 1000);
      expect((await site.through(url)).status).toBe(403);
    });

    it('count what came of a file that the store has broken off', async () => {
      await store.storage.save('broken.bin', CONTENT);
      const { id, url } = await links.create({
        path: '/direct/:link',
        subject: 'broken.bin',
      });
      store.answerInstead = {
        status: 200,
        headers: { 'Content-Length': String(CONTENT.length) },
        body: CONTENT.subarray(0, 100),
        isCut: true,
      };
      const response = await fetch(site.server.origin + url);
      await response.arrayBuffer().catch(() => undefined);
      store.answerInstead = undefined;

      expect(await drawnBy(id)).toBeLessThan(CONTENT.length);
      expect((await links.find(id))?.used).toBe(1);
    });
  });
});
