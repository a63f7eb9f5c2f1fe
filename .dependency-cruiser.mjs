/**
 * Imports run one way, type imports included. Each layer of lib/ names what it
 * sees besides itself; a layer that is not named here may import nothing.
 */
const bottom = ['http', 'errors'];
const stored = ['storages', ...bottom];
const wrapped = ['files', ...stored];
const answered = ['responses', ...wrapped];
const decided = ['backends', 'streaming', ...answered];
const application = [
  'controllers',
  'decorators',
  'shortcuts',
  'signing',
  'routes',
];
const core = [
  'options',
  'interceptors',
  'events',
  'completions',
  ...application,
  ...decided,
];

const sees = {
  index: ['module', ...core],
  module: core,
  options: ['completions', 'signing', ...decided],
  interceptors: [
    'options',
    'events',
    'completions',
    'decorators',
    'signing',
    'routes',
    ...decided,
  ],
  events: ['http', 'errors'],
  completions: ['storages', ...bottom],
  backends: answered,
  streaming: answered,
  responses: wrapped,
  files: stored,
  storages: bottom,
  http: [],
  errors: [],
  controllers: ['decorators', 'routes', ...answered],
  decorators: answered,
  shortcuts: answered,
  signing: ['routes', ...stored],
  routes: bottom,
  // sub-entries: they see the core, the core never sees them
  testing: ['module', ...core],
  csv: ['module', ...core],
  typeorm: ['module', ...core],
  terminus: ['module', ...core],
  s3: ['module', ...core],
  gcs: ['module', ...core],
  azure: ['module', ...core],
  archives: ['module', ...core],
  opentelemetry: ['module', ...core],
  swagger: ['module', ...core],
  // the program of package.json's bin: nobody imports it
  command: ['backends', ...answered],
};

/** The layers that are files; every other one is a folder. */
const files = {
  index: '^lib/index\\.ts$',
  module: '^lib/download\\.module(-definition|-providers)?\\.ts$',
  options: '^lib/download\\.options\\.ts$',
};
const pathOf = (layer) => files[layer] ?? `^lib/${layer}/`;
const pathsOf = (layers) => layers.map(pathOf).join('|');

/** The optional peers, and the sub-entry of each. */
const optional = {
  '@nestjs/terminus': 'terminus',
  'csv-stringify': 'csv',
  typeorm: 'typeorm',
  '@aws-sdk/client-s3': 's3',
  '@aws-sdk/lib-storage': 's3',
  '@aws-sdk/s3-request-presigner': 's3',
  '@google-cloud/storage': 'gcs',
  '@azure/storage-blob': 'azure',
  '@opentelemetry/api': 'opentelemetry',
  '@nestjs/swagger': 'swagger',
};

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...Object.entries(sees).map(([layer, seen]) => ({
      name: `direction-${layer}`,
      comment: `lib: ${layer} sees ${seen.join(', ') || 'no other layer'}.`,
      severity: 'error',
      from: { path: pathOf(layer) },
      to: { path: '^lib/', pathNot: pathsOf([layer, ...seen]) },
    })),
    {
      name: 'unknown-layer',
      comment: 'Say in .dependency-cruiser.mjs what the new layer may see.',
      severity: 'error',
      from: { path: '^lib/', pathNot: pathsOf(Object.keys(sees)) },
      to: {},
    },
    {
      name: 'no-index',
      comment: 'Inside lib/, import the file that defines the name.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '(^|/)index\\.ts$' },
    },
    {
      name: 'no-cycle',
      severity: 'error',
      from: { path: '^lib/' },
      to: { circular: true },
    },
    {
      name: 'no-undeclared',
      comment: 'Users of the package do not have its devDependencies.',
      severity: 'error',
      from: { path: '^lib/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown'],
        dependencyTypesNot: ['npm', 'npm-peer', 'npm-optional'],
      },
    },
    ...Object.entries(optional).map(([library, layer]) => ({
      name: `optional-${library}`,
      comment: `Whoever does not import the sub-entry of lib/${layer} does not need ${library}.`,
      severity: 'error',
      from: { path: '^lib/', pathNot: pathOf(layer) },
      to: { path: `(^|/)node_modules/${library}/` },
    })),
    {
      name: 'no-test-runner',
      comment: 'The test kit works under any of them.',
      severity: 'error',
      from: { path: '^lib/testing/' },
      to: { path: '^(node:)?test($|/)|/(@?jest|@?vitest|mocha|chai)(/|$)' },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: { path: '^lib/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.json', '.d.ts'],
    },
  },
};
