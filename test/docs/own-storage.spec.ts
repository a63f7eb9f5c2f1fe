import { describe, it } from '@jest/globals';
import { MemoryStorage } from 'nestjs-downloadview';
import { storageContract } from 'nestjs-downloadview/testing';

import { TenantStorage } from './own-storage.js';

describe('TenantStorage', () => {
  const rules = storageContract(
    () => new TenantStorage(new MemoryStorage(), 'acme'),
  );
  for (const { name, check } of rules) it(name, check);
});
