import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { Download, type DownloadFile } from 'nestjs-downloadview';
import { CsvFile, type RowQuery } from 'nestjs-downloadview/csv';
import { DataSource, EntitySchema } from 'typeorm';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { describeWith } from '../support/describe-with.js';
import { eventually } from '../support/eventually.js';
import { httpRequest } from '../support/clients/http-client.js';
import { usedMemory } from '../support/leaks.js';
import {
  type PostgresCluster,
  startPostgres,
} from '../support/databases/postgres.js';
import { RawClient } from '../support/clients/raw-client.js';

const POOL = 3;
const ROWS = 200_000;
/** As objects, the rows are several times as large. */
const FEW_BYTES = 16 * 1024 * 1024;

interface Person {
  id: number;
  name: string | null;
}

const Person = new EntitySchema<Person>({
  name: 'person',
  columns: {
    id: { type: Number, primary: true },
    name: { type: String, nullable: true },
  },
});

let file: () => DownloadFile;

function startCsv(
  adapter: (typeof ADAPTERS)[number][0],
): Promise<RunningApplication> {
  @Controller()
  class CsvController {
    @Get('rows')
    @Download()
    rows() {
      return file();
    }
  }
  return startApplication(adapter, { controllers: [CsvController] });
}

/** The answer as soon as it begins; its end is not waited for. */
async function begin({ origin }: RunningApplication): Promise<IncomingMessage> {
  const request = get(`${origin}/rows`, { agent: false });
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  return answer;
}

describe.each(ADAPTERS)('a CsvFile on %s', (adapter) => {
  let running: RunningApplication;

  beforeAll(async () => {
    running = await startCsv(adapter);
  });

  afterAll(() => running.close());

  it('is text/csv, in chunks', async () => {
    file = () => new CsvFile([{ id: 1, name: '=1' }], { name: 'é.csv' });
    const { status, text, headers } = await httpRequest(
      running.origin,
      '/rows',
    );
    expect(status).toBe(200);
    expect(text).toBe("id,name\r\n1,'=1\r\n");
    expect(headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(headers['content-disposition']).toContain("UTF-8''%C3%A9.csv");
    expect(headers['transfer-encoding']).toBe('chunked');
    expect(headers['accept-ranges']).toBe('none');
  });

  it('arrives row by row where the rows are slow', async () => {
    let next!: () => void;
    const wanted = new Promise<void>((resolve) => (next = resolve));
    async function* slow(): AsyncGenerator<object> {
      yield [1];
      await wanted;
      yield [2];
    }
    file = () => new CsvFile(slow, { name: 'a.csv' });
    const answer = await begin(running);
    const [first] = (await once(answer, 'data')) as [Buffer];
    expect(first.toString()).toBe('1\r\n');
    next();
    const [second] = (await once(answer, 'data')) as [Buffer];
    expect(second.toString()).toBe('2\r\n');
  });

  it('is cut off where its rows fail', async () => {
    let go!: () => void;
    const begun = new Promise<void>((resolve) => (go = resolve));
    async function* failing(): AsyncGenerator<object> {
      yield [1];
      await begun;
      throw new Error('The cursor is closed');
    }
    file = () => new CsvFile(failing, { name: 'a.csv' });
    const client = await RawClient.connect(running.port);
    await client.send({ path: '/rows' });
    await client.readALittle();
    go();
    expect((await client.end()).code).toBe('ECONNRESET');
  });

  it('is an error where its rows fail at once', async () => {
    file = () =>
      new CsvFile(
        () => {
          throw new Error('SECRET');
        },
        { name: 'a.csv' },
      );
    const answer = await httpRequest(running.origin, '/rows');
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('SECRET');
    expect(answer.headers['content-disposition']).toBeUndefined();
  });

  it('has all rows of a table in SQLite', async () => {
    const database = await new DataSource({
      type: 'sqljs',
      entities: [Person],
      synchronize: true,
    }).initialize();
    const people = database.getRepository(Person);
    await people.insert([
      { id: 1, name: 'Ada' },
      { id: 2, name: null },
    ]);
    const columns = { p_name: 'Name', p_id: 'Id' };
    const query = people.createQueryBuilder('p').orderBy('p.id');
    file = () => new CsvFile(query, { name: 'a.csv', columns });
    const { text } = await httpRequest(running.origin, '/rows');
    expect(text).toBe('Name,Id\r\nAda,1\r\n,2\r\n');
    await database.destroy();
  });
});

describeWith(['initdb'], 'a CsvFile of a query of PostgreSQL', () => {
  let cluster: PostgresCluster;
  let database: DataSource;

  beforeAll(async () => {
    cluster = await startPostgres();
    database = await new DataSource({
      type: 'postgres',
      ...cluster.connection,
      entities: [Person],
      synchronize: true,
      extra: { max: POOL },
    }).initialize();
  }, 60_000);

  afterAll(async () => {
    await database?.destroy();
    await cluster?.stop();
  });

  /** Numbers from 1 on, as the database makes them: not all at once. */
  function numbers(count: number, value = 'md5(g.n::text)'): RowQuery {
    const series = `(SELECT generate_series(1, ${count}) AS n)`;
    return database
      .createQueryBuilder()
      .select('g.n', 'n')
      .addSelect(value, 'value')
      .from(series, 'g');
  }

  /** Connections that do anything, the one that asks excepted. */
  async function busy(): Promise<number> {
    const [{ count }] = await database.query<{ count: number }[]>(
      "SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend' AND state <> 'idle' AND pid <> pg_backend_pid()",
    );
    return count;
  }

  it('has every row, in little memory', async () => {
    const running = await startCsv('express');
    file = () => new CsvFile(numbers(ROWS), { name: 'a.csv' });
    const before = usedMemory();
    const answer = await begin(running);
    let lines = 0;
    let last = '';
    let growth = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      const text = last + chunk.toString();
      const parts = text.split('\r\n');
      last = parts.pop() ?? '';
      const isHalf = lines < ROWS / 2 && lines + parts.length >= ROWS / 2;
      lines += parts.length;
      if (isHalf) growth = usedMemory() - before;
    }
    expect(lines).toBe(ROWS + 1);
    expect(growth).toBeLessThan(FEW_BYTES);
    expect(await busy()).toBe(0);
    await running.close();
  }, 30_000);

  describe.each(ADAPTERS)('on %s', (adapter) => {
    let running: RunningApplication;

    beforeAll(async () => {
      running = await startCsv(adapter);
    });

    afterAll(() => running.close());

    it('gives its connection back when the client leaves', async () => {
      file = () => new CsvFile(numbers(100_000_000), { name: 'a.csv' });
      for (let time = 0; time < 2 * POOL; time += 1) {
        const answer = await begin(running);
        await once(answer, 'data');
        answer.destroy();
      }
      expect(await eventually(0, busy)).toBe(0);
    }, 30_000);

    it('gives its connection back when the client leaves before the first row', async () => {
      const locker = database.createQueryRunner();
      await locker.query('SELECT pg_advisory_lock(1)');
      const query = numbers(100_000_000, 'pg_advisory_lock_shared(1)');
      file = () => new CsvFile(query, { name: 'a.csv' });
      const request = get(`${running.origin}/rows`, { agent: false });
      request.on('error', () => undefined);
      const waiting = (): Promise<number> =>
        locker
          .query(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted",
          )
          .then((locks: unknown[]) => locks.length);
      expect(await eventually(1, waiting)).toBe(1);
      request.destroy();
      await locker.query('SELECT pg_advisory_unlock(1)');
      await locker.release();
      expect(await eventually(0, busy)).toBe(0);
      await database.query('SELECT pg_advisory_unlock_all()');
    }, 30_000);

    it('is cut off where the query fails, and an error where it does so at once', async () => {
      const fails = (at: number) =>
        new CsvFile(numbers(100_000, `1 / (${at} - g.n)`), { name: 'a.csv' });
      file = () => fails(50_000);
      const cut = httpRequest(running.origin, '/rows');
      await expect(cut).rejects.toThrow(/aborted|ECONNRESET/);
      for (let time = 0; time < 2 * POOL; time += 1) {
        file = () => fails(1);
        const { status, text } = await httpRequest(running.origin, '/rows');
        expect(status).toBe(500);
        expect(text).not.toContain('division');
      }
      expect(await eventually(0, busy)).toBe(0);
    });

    it('asks the database for nothing where the client has the file already', async () => {
      let queries = 0;
      const query = numbers(1);
      file = () =>
        new CsvFile(
          { stream: () => ((queries += 1), query.stream()) },
          { name: 'a.csv', etag: 'v1' },
        );
      const headers = { 'If-None-Match': '"v1"' };
      const fresh = await httpRequest(running.origin, '/rows', { headers });
      const head = await httpRequest(running.origin, '/rows', {
        method: 'HEAD',
      });
      expect([fresh.status, head.status, queries]).toEqual([304, 200, 0]);
      const { text } = await httpRequest(running.origin, '/rows');
      expect(text).toBe('n,value\r\n1,c4ca4238a0b923820dcc509a6f75849b\r\n');
    });
  });
});
