import { type ClientRequest, get, type IncomingMessage } from 'node:http';

import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  expect,
  it,
  jest,
} from '@jest/globals';
import { DatabaseSlots } from 'nestjs-downloadview/typeorm';
import { DataSource } from 'typeorm';

import { ADAPTERS } from '../support/application.js';
import { type ApplicationProcess } from '../support/application-process.js';
import { describeWith } from '../support/describe-with.js';
import { eventually } from '../support/eventually.js';
import {
  type HttpAnswer,
  httpRequest,
} from '../support/clients/http-client.js';
import {
  type PostgresCluster,
  startPostgres,
} from '../support/databases/postgres.js';
import { SLOT_TABLES, startSlotsProcess } from '../support/slots-site.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

// A database cluster and two processes have to be started.
jest.setTimeout(60_000);

/** More than the buffers of a connection take from a server whose client reads nothing. */
const LARGE = 32 * 1024 * 1024;
/** Seconds. */
const LEASE = 2;

describeWith(['initdb'], 'downloads at once, over processes', () => {
  let cluster: PostgresCluster;
  let dataSource: DataSource;
  let directory: TemporaryDirectory;
  let processes: ApplicationProcess[];
  const open: ClientRequest[] = [];
  let users = 0;
  let user: string;

  beforeAll(async () => {
    cluster = await startPostgres();
    dataSource = new DataSource({
      type: 'postgres',
      ...cluster.connection,
      ...SLOT_TABLES,
    });
    await dataSource.initialize();
    await dataSource.runMigrations();
    directory = await temporaryDirectory();
    await directory.zeros('large.bin', LARGE);
    await directory.write('a.txt', '0123456789');
    processes = await Promise.all(
      ADAPTERS.map(([adapter]) =>
        startSlotsProcess({
          adapter,
          root: directory.path,
          connection: cluster.connection,
          lease: LEASE,
        }),
      ),
    );
  });
  afterAll(async () => {
    await Promise.all(processes.map((one) => one.stop()));
    await dataSource.destroy();
    await cluster.stop();
    await directory.remove();
  });
  beforeEach(async () => {
    await dataSource.query('DELETE FROM download_slot');
    user = `user-${(users += 1)}`;
  });
  afterEach(() => {
    for (const request of open.splice(0)) request.destroy();
  });

  /** A download whose client reads nothing: it goes on until it is destroyed. */
  function begin(
    one: ApplicationProcess,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; request: ClientRequest }> {
    return new Promise((resolve, reject) => {
      const request = get(
        `${one.origin}/files/large.bin`,
        { headers: { 'x-user': user, ...headers }, agent: false },
        (response: IncomingMessage) => {
          response.on('error', () => undefined);
          resolve({ status: response.statusCode ?? 0, request });
        },
      );
      request.on('error', reject);
      open.push(request);
    });
  }

  const ask = (
    one: ApplicationProcess,
    name = 'a.txt',
    headers: Record<string, string> = {},
  ): Promise<HttpAnswer> =>
    httpRequest(one.origin, `/files/${name}`, {
      headers: { 'x-user': user, ...headers },
    });
  const statusOf = async (one: ApplicationProcess): Promise<number> =>
    (await ask(one)).status;

  it('answers 429 for what goes on in the other process, and when to come again', async () => {
    const [first, second] = processes;
    await begin(first);

    const refused = await ask(second);
    const others = await ask(second, 'a.txt', { 'x-user': 'somebody else' });

    expect([refused.status, others.status]).toEqual([429, 200]);
    expect(refused.headers['retry-after']).toMatch(/^\d+$/);
  });

  it('counts the ranges of one file once, in whichever process they are sent', async () => {
    const [first, second] = processes;
    const parts = [
      await begin(first, { range: `bytes=0-${LARGE / 2}` }),
      await begin(second, { range: `bytes=${LARGE / 2}-` }),
    ];
    expect(parts.map(({ status }) => status)).toEqual([206, 206]);

    parts[0]?.request.destroy();

    expect((await ask(first)).status).toBe(429);
  });

  it('is free for all when the client has left, or has it all', async () => {
    const [first, second] = processes;
    const { request } = await begin(first);
    request.destroy();

    expect(await eventually(200, () => statusOf(second))).toBe(200);
    expect(await eventually(200, () => statusOf(first))).toBe(200);
  });

  it('never lets more than its number pass, however many come at once', async () => {
    const one = new DatabaseSlots(dataSource);
    const other = new DatabaseSlots(dataSource);
    const taken = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        [one, other][index % 2]?.take(user, `unit ${index}`, 4),
      ),
    );
    const slots = taken.filter((giveBack) => giveBack !== undefined);
    expect(slots).toHaveLength(4);

    await slots[0]?.();

    expect(await other.take(user, 'one more', 4)).toBeDefined();
    expect(await one.take(user, 'too many', 4)).toBeUndefined();
  });

  it('goes on counting for longer than the lease, and no longer than that where its process was killed', async () => {
    const [, second] = processes;
    const killed = await startSlotsProcess({
      adapter: 'express',
      root: directory.path,
      connection: cluster.connection,
      lease: LEASE,
    });
    const { request } = await begin(killed);
    request.on('error', () => undefined);
    const leasedUntil = async (): Promise<number> => {
      const [row] = await dataSource.query<{ until: string }[]>(
        'SELECT MAX(leased_until) AS until FROM download_slot',
      );
      return Number(row?.until);
    };
    const begun = await leasedUntil();
    const isRenewed = async (): Promise<boolean> =>
      (await leasedUntil()) > begun + LEASE * 1000;
    expect(await eventually(true, isRenewed)).toBe(true);
    expect((await ask(second)).status).toBe(429);

    await killed.stop('SIGKILL');

    expect((await ask(second)).status).toBe(429);
    expect(await eventually(200, () => statusOf(second))).toBe(200);
  });

  it('makes the tables by its migration as its entities have them', async () => {
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });
});
