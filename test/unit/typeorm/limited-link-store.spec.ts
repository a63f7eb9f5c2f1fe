import { afterAll, describe } from '@jest/globals';
import { DataSource } from 'typeorm';

import {
  LIMITED_TABLES,
  limitedStoreContract,
} from '../../support/links/limited-store-contract.js';

describe('limited links in sql.js', () => {
  const dataSource = new DataSource({ type: 'sqljs', ...LIMITED_TABLES });
  afterAll(() => dataSource.destroy());
  limitedStoreContract(() => dataSource.initialize());
});
