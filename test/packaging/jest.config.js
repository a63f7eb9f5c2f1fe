import { resolve } from 'node:path';
import config from '../../jest.config.js';

/** The package as npm packs and installs it: checked with `npm run check:package`, beside what lints it. */
export default {
  ...config,
  rootDir: resolve(import.meta.dirname, '../..'),
  testMatch: ['<rootDir>/test/packaging/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
};
