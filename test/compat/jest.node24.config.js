import { resolve } from 'node:path';
import base from '../../jest.config.js';

/**
 * The same specs under the newest Node: what depends on its streams, sockets and files, and not on databases.
 * The longest ones, which repeat what the others do a thousand times, run under the oldest Node alone.
 */
export default {
  ...base,
  rootDir: resolve(import.meta.dirname, '../..'),
  testMatch: ['<rootDir>/test/{unit,e2e}/**/*.spec.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    'test/e2e/csv',
    'test/e2e/faults/(?:changed-files|leaving|pace)',
    'test/e2e/file-column',
    'test/e2e/limited-links',
    'test/e2e/mixed-requests',
    'test/e2e/objects/',
    'test/e2e/sample',
  ],
};
