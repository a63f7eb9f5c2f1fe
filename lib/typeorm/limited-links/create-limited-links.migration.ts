import {
  type MigrationInterface,
  type QueryRunner,
  Table,
  type TableColumnOptions,
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
  ],
  indices: [{ name: 'limited_link_subject', columnNames: ['subject'] }],
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
  ],
  indices: [
    {
      name: 'limited_link_grant_client',
      columnNames: ['link_id', 'client'],
    },
  ],
};

/**
 * Creates the tables of limited links: `migrations: [CreateLimitedLinks1790000000000]` of the DataSource.
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
