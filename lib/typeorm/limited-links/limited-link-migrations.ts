import {
  type MigrationInterface,
  type QueryRunner,
  Table,
  TableColumn,
  type TableColumnOptions,
  TableIndex,
} from 'typeorm';

const text = (name: string, length: number): TableColumnOptions => ({
  name,
  type: 'varchar',
  length: String(length),
});
const whole = (name: string): TableColumnOptions => ({ name, type: 'integer' });
const long = (name: string): TableColumnOptions => ({ name, type: 'bigint' });
const nullable = (column: TableColumnOptions): TableColumnOptions => ({
  ...column,
  isNullable: true,
});
const id: TableColumnOptions = { ...text('id', 32), isPrimary: true };

/** What was not there at first. */
const ADDED = {
  limited_link: {
    columns: [nullable(text('creator', 255)), nullable(text('note', 1000))],
    indices: [
      { name: 'limited_link_creator', columnNames: ['creator'] },
      { name: 'limited_link_created_at', columnNames: ['created_at'] },
    ],
  },
  limited_link_grant: {
    columns: [nullable(text('client_name', 255))],
    indices: [],
  },
};

const LINKS = {
  name: 'limited_link',
  columns: [
    id,
    text('subject', 255),
    nullable(text('basename', 255)),
    nullable(whole('max_uses')),
    whole('used'),
    long('created_at'),
    nullable(long('expires_at')),
    nullable(long('revoked_at')),
    ...ADDED.limited_link.columns,
  ],
  indices: [
    { name: 'limited_link_subject', columnNames: ['subject'] },
    ...ADDED.limited_link.indices,
  ],
};
const GRANTS = {
  name: 'limited_link_grant',
  columns: [
    id,
    text('link_id', 32),
    nullable(text('client', 64)),
    long('created_at'),
    long('open_until'),
    long('drawn'),
    whole('connections'),
    long('leased_until'),
    ...ADDED.limited_link_grant.columns,
  ],
  indices: [
    {
      name: 'limited_link_grant_client',
      columnNames: ['link_id', 'client'],
    },
  ],
};

/**
 * Creates the tables of limited links. Those that an earlier version has created are brought up to date by the
 * others of `limitedLinkMigrations`.
 *
 * @publicApi
 */
export class CreateLimitedLinks1790000000000 implements MigrationInterface {
  readonly name = 'CreateLimitedLinks1790000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const table of [LINKS, GRANTS]) {
      await queryRunner.createTable(new Table(table));
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const { name } of [GRANTS, LINKS]) await queryRunner.dropTable(name);
  }
}

/**
 * Adds to tables of an earlier version who made a link, what was noted of it, and who used it. Links and uses
 * that are there stay, and go on.
 *
 * @publicApi
 */
export class DescribeLimitedLinks1795000000000 implements MigrationInterface {
  readonly name = 'DescribeLimitedLinks1795000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const [name, { columns, indices }] of Object.entries(ADDED)) {
      const table = await queryRunner.getTable(name);
      const missing = columns.filter(
        (column) => !table?.findColumnByName(column.name),
      );
      const added = missing.map((column) => new TableColumn(column));
      await queryRunner.addColumns(name, added);
      const known = new Set(table?.indices.map((index) => index.name));
      const wanted = indices.filter((index) => !known.has(index.name));
      const made = wanted.map((index) => new TableIndex(index));
      await queryRunner.createIndices(name, made);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const [name, { columns, indices }] of Object.entries(ADDED)) {
      for (const index of indices) {
        await queryRunner.dropIndex(name, index.name);
      }
      const removed = columns.map((column) => column.name);
      await queryRunner.dropColumns(name, removed);
    }
  }
}

/**
 * All migrations of limited links, for `migrations` of the DataSource: those that later versions add come by
 * themselves.
 *
 * ```ts
 * TypeOrmModule.forRoot({ entities: [...limitedLinkEntities], migrations: [...limitedLinkMigrations] })
 * ```
 *
 * @publicApi
 */
export const limitedLinkMigrations = [
  CreateLimitedLinks1790000000000,
  DescribeLimitedLinks1795000000000,
];
