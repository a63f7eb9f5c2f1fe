import against from './against.js';

export default against('nest11', {
  testMatch: ['<rootDir>/test/{unit,e2e}/**/*.spec.ts'],
});
