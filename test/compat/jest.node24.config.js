import { resolve } from 'node:path';
import base from '../../jest.config.js';

/**
 * The suites in which Node itself has a hand, under the newest one: its streams, sockets, HTTP servers and clients, HTTP/2,
 * promises, signals, checksums and files. What the library decides by itself, what Nest does and what is in databases does
 * not depend on it, and runs under the oldest Node alone.
 */
export default {
  ...base,
  rootDir: resolve(import.meta.dirname, '../..'),
  testMatch: [
    '<rootDir>/test/unit/{archives,completions,csv,files,storages,streaming}/**/*.spec.ts',
    '<rootDir>/test/e2e/faults/{changed-files,pace,pipelining,shutdown}.e2e.spec.ts',
    '<rootDir>/test/e2e/http-file/*.spec.ts',
    ...[
      'accept-ranges',
      'archives',
      'bad-paths',
      'broken-sources',
      'client-leaves',
      'compression',
      'derived-files',
      'digests',
      'generated',
      'http-basics',
      'http2',
      'kept-response',
      'mixed-requests',
      'own-bytes',
      'price-of-a-request',
      'ranges',
      'response-listeners',
      'serverless',
      'temporary-files',
      'unreadable-files',
      'unsendable-headers',
      'way-of-a-request',
    ].map((suite) => `<rootDir>/test/e2e/${suite}.e2e.spec.ts`),
  ],
};
