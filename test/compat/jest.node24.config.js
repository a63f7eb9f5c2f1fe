import { resolve } from 'node:path';
import base from '../../jest.config.js';

/** The same specs under the newest Node. What depends on it: streams, sockets, files, and not databases. */
export default {
  ...base,
  rootDir: resolve(import.meta.dirname, '../..'),
  testMatch: ['<rootDir>/test/{unit,e2e}/**/*.spec.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    'test/e2e/file-column',
    'test/e2e/limited-links',
    'test/e2e/object-',
    'test/e2e/sample',
  ],
};
