import against from './against.js';

/**
 * Express does not destroy the stream there when the client leaves, and Nest looks up interceptors in another way.
 */
export default against('nest11-old', {
  testMatch: ['<rootDir>/test/e2e/{client-leaves,intercept}.e2e.spec.ts'],
});
