import against from './against.js';

/** Express does not destroy the stream there when the client leaves. */
export default against('nest11-old', {
  testMatch: ['<rootDir>/test/e2e/client-leaves.e2e.spec.ts'],
});
