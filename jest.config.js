/** Native ES modules, as published. Run with `node --experimental-vm-modules`. */
const swc = {
  swcrc: false,
  sourceMaps: 'inline',
  module: { type: 'es6' },
  jsc: {
    target: 'es2023',
    keepClassNames: true,
    parser: { syntax: 'typescript', decorators: true },
    transform: {
      legacyDecorator: true,
      decoratorMetadata: true,
      useDefineForClassFields: true,
    },
  },
};

/** @type {import('jest').Config} */
export default {
  testEnvironment: '<rootDir>/test/support/environment.mjs',
  // Most of the time goes into waiting for servers and clients.
  maxWorkers: 3,
  // Modules of suites that are over stay in memory, and looking through them slows the later ones down.
  workerIdleMemoryLimit: '400MB',
  // A busy machine takes its time; nothing is asserted of it.
  testTimeout: 30_000,
  testSequencer: '<rootDir>/test/support/longest-first.mjs',
  globalSetup: '<rootDir>/test/support/programs.ts',
  testMatch: ['<rootDir>/test/**/*.spec.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/test/bench/',
    '<rootDir>/test/stores/ceph/',
    '<rootDir>/test/packaging/',
  ],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/sample/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^nestjs-downloadview$': '<rootDir>/lib/index.ts',
    '^nestjs-downloadview/(archives|azure|csv|gcs|opentelemetry|s3|swagger|terminus|testing|typeorm)$':
      '<rootDir>/lib/$1/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
  collectCoverageFrom: ['lib/**/*.ts'],
  coverageProvider: 'v8',
};
