import against from './against.js';

export default against('nest11', {
  testMatch: ['<rootDir>/test/{unit,e2e}/**/*.spec.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
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
