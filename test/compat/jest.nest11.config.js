import against from './against.js';

/**
 * The suites in which Nest, its adapters, its modules or TypeORM have a hand: what is found at boot, routes and their
 * parameters, guards, interceptors, filters and replies, the end of an application, and every query. What the library
 * decides by itself, and how it reads and sends bytes, is the same with any Nest, and runs with the newest one alone.
 */
export default against('nest11', {
  testMatch: ['<rootDir>/test/{unit,e2e}/**/*.spec.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    // Functions and classes that import nothing of Nest but its decorators and exceptions.
    'test/unit/(?:archives|backends|command|completions|errors|files|http|responses|s3|signing|storages|streaming)/',
    'test/unit/(?:documentation|option-mistakes|public-api|sample)',
    'test/unit/testing/(?:download-matchers|expect|received)',
    // Validators, generated and other servers' files, and how bytes go out: one suite of each of these is left.
    'test/e2e/(?:archives|derived-files|digests|etag-choice|generated-freshness|limit-rate|mixed-requests)',
    'test/e2e/(?:own-bytes|own-validators|preconditions|preset-types|s3-clients|temporary-files)',
    'test/e2e/faults/(?:changed-files|leaving|pace|pipelining)',
    'test/e2e/http-file/(?:conditions|limits|nginx|redirects)',
    // Gateways are packages of Nest 12 here.
    'test/e2e/gateway.e2e',
    // Their applications are processes of their own, which the mapping of imports does not reach.
    'test/e2e/concurrent-processes.e2e',
    'test/e2e/limited-links/processes.e2e',
    'test/e2e/sample.e2e',
    'test/e2e/unreadable-files.e2e',
    'test/unit/testing/runners',
  ],
});
