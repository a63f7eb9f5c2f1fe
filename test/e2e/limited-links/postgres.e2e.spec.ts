import { afterAll, beforeAll, jest } from '@jest/globals';
import { DataSource } from 'typeorm';

import { describeWith } from '../../support/describe-with.js';
import {
  LIMITED_TABLES,
  limitedStoreContract,
} from '../../support/links/limited-store-contract.js';
import {
  type PostgresCluster,
  startPostgres,
} from '../../support/databases/postgres.js';

// A database cluster has to be made.
jest.setTimeout(60_000);

describeWith(['initdb'], 'limited links in PostgreSQL', () => {
  let cluster: PostgresCluster;
  let dataSource: DataSource;
  beforeAll(async () => {
    cluster = await startPostgres();
  });
  afterAll(async () => {
    await dataSource.destroy();
    await cluster.stop();
  });
  limitedStoreContract(() => {
    dataSource = new DataSource({
      type: 'postgres',
      ...cluster.connection,
      ...LIMITED_TABLES,
    });
    return dataSource.initialize();
  });
});
