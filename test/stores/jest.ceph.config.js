import { resolve } from 'node:path';
import config from '../../jest.config.js';

/** Ceph is large and slow to start: it is asked in a run of its own. */
export default {
  ...config,
  rootDir: resolve(import.meta.dirname, '../..'),
  testMatch: ['<rootDir>/test/stores/ceph/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
};
