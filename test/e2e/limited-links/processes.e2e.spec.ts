import { truncate } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { ADAPTERS } from '../../support/application.js';
import { describeWith } from '../../support/describe-with.js';
import { eventually } from '../../support/eventually.js';
import { httpRequest } from '../../support/clients/http-client.js';
import { type ApplicationProcess } from '../../support/application-process.js';
import { startLimitedProcess } from '../../support/links/limited-process.js';
import {
  type LimitedSite,
  startLimitedSite,
} from '../../support/links/limited-site.js';
import {
  type PostgresCluster,
  startPostgres,
} from '../../support/databases/postgres.js';
import { RawClient } from '../../support/clients/raw-client.js';

// A database cluster and two processes have to be started.
jest.setTimeout(60_000);

/** More than the buffers of a connection hold. */
const LARGE = 64 * 1024 * 1024;

describeWith(['initdb'], 'limited links of two processes', () => {
  let cluster: PostgresCluster;
  let site: LimitedSite;
  let processes: ApplicationProcess[];

  beforeAll(async () => {
    cluster = await startPostgres();
    const { connection } = cluster;
    // Makes the links, and hands nothing out.
    site = await startLimitedSite('express', {
      database: { type: 'postgres', ...connection },
    });
    const root = site.directory.path;
    processes = await Promise.all(
      ADAPTERS.map(([adapter]) =>
        startLimitedProcess({ adapter, root, connection }),
      ),
    );
  });
  afterAll(async () => {
    await Promise.all(processes.map((one) => one.stop()));
    await site.stop();
    await cluster.stop();
  });

  /** So many requests at once, by turns to the one and the other. */
  const ask = (
    count: number,
    path: string,
    headers: (index: number) => Record<string, string> = () => ({}),
  ) =>
    Promise.all(
      Array.from({ length: count }, (_, index) =>
        httpRequest(processes[index % processes.length].origin, path, {
          headers: headers(index),
        }),
      ),
    );

  it('50 requests at once are one use', async () => {
    const { id, url } = await site.share();
    const answers = await ask(50, url);
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 403)).toHaveLength(49);
    const [file] = answers.filter(({ status }) => status === 200);
    expect(file?.body.equals(site.bytes)).toBe(true);
    expect(await site.used(id)).toBe(1);
    expect(await site.grants(id)).toHaveLength(1);
  });

  it('50 presses of the button are one use', async () => {
    const { id, url } = await site.share({ path: '/shared/:link' });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        httpRequest(processes[index % processes.length].origin, url, {
          method: 'POST',
        }),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 303)).toHaveLength(1);
    expect(statuses.filter((status) => status === 403)).toHaveLength(49);
    expect(await site.used(id)).toBe(1);
  });

  it('50 presses of one and the same button are one use, for all of them', async () => {
    const { id, url } = await site.share({
      path: '/shared/:link',
      maxUses: 50,
    });
    const press = (origin: string, nonce: string) =>
      httpRequest(origin, url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: `nonce=${nonce}`,
      });
    const nonces = ['a'.repeat(32), 'b'.repeat(32)];
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        press(processes[index % 2].origin, nonces[(index >> 1) % 2]),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(303));
    expect(new Set(answers.map(({ headers }) => headers.location)).size).toBe(
      2,
    );
    expect(await site.used(id)).toBe(2);
    expect(await site.grants(id)).toHaveLength(2);
  });

  it('ten ranges at once of one client are one use', async () => {
    const { id, url } = await site.share({ maxUses: 10 });
    const length = site.bytes.length / 10;
    const answers = await ask(10, url, (index) => ({
      Range: `bytes=${index * length}-${(index + 1) * length - 1}`,
    }));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(206));
    const parts = answers.map(({ body }) => body);
    expect(Buffer.concat(parts).equals(site.bytes)).toBe(true);
    expect(new Set(answers.map(({ headers }) => headers.etag)).size).toBe(1);
    expect(await site.used(id)).toBe(1);
  });

  it('look for nothing that the database does not know for an id', async () => {
    const { id } = await site.share();
    for (const path of ['/direct/%00/x', `/direct/${id}/%00`, '/shared/%FE']) {
      const [{ status }] = await ask(1, path);
      expect([path, [400, 403]]).toEqual([
        path,
        expect.arrayContaining([status]),
      ]);
    }
  });

  describe('of which one has revoked a link', () => {
    it('end what they send by it', async () => {
      const path = await site.directory.write('large.bin', '');
      await truncate(path, LARGE);
      const { id, url } = await site.share({
        subject: 'large.bin',
        maxUses: 2,
      });
      const clients = await Promise.all(
        processes.map(({ origin }) =>
          RawClient.connect(Number(new URL(origin).port)),
        ),
      );
      for (const client of clients) {
        await client.send({ path: url });
        await client.readALittle();
      }
      expect(await site.links.revoke(id)).toBe(true);
      // A client that reads on meanwhile would have it all before the others know.
      const running = async () => {
        const grants = await site.grants(id);
        return Math.max(...grants.map(({ connections }) => connections));
      };
      expect(await eventually(0, running)).toBe(0);
      for (const client of clients) {
        const { code, bytes } = await client.end();
        expect(code).toBe('ECONNRESET');
        expect(bytes.length).toBeLessThan(LARGE);
      }
    });
  });
});
