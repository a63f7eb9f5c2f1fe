import { Controller, Get, Req } from '@nestjs/common';
import { Download } from 'nestjs-downloadview';
import { CsvFile } from 'nestjs-downloadview/csv';
import { DataSource } from 'typeorm';

const COLUMNS = { id: 'Id', name: 'Name', amount: 'Amount', made: 'Made' };

/** Hands out so many rows of a database. */
export async function rowsController(connection) {
  const database = new DataSource({ type: 'postgres', ...connection });
  await database.initialize();
  class Rows {
    rows(request) {
      const query = rowsOf(database, Number(request.params.count));
      return new CsvFile(query, { name: 'rows.csv', columns: COLUMNS });
    }
  }
  const { prototype } = Rows;
  const handler = Object.getOwnPropertyDescriptor(prototype, 'rows');
  Get('rows/:count')(prototype, 'rows', handler);
  Download()(prototype, 'rows', handler);
  Req()(prototype, 'rows', 0);
  Controller()(Rows);
  return Rows;
}

/** The database makes them one after the other: what is measured is not its disk. */
function rowsOf(database, count) {
  return database
    .createQueryBuilder()
    .select('g.id', 'id')
    .addSelect('md5(g.id::text)', 'name')
    .addSelect('(g.id * 1.25)::numeric(12, 2)', 'amount')
    .addSelect("timestamptz '2026-01-01' + g.id * interval '1s'", 'made')
    .from(`(SELECT generate_series(1, ${count}) AS id)`, 'g');
}
