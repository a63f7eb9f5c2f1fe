// For a test's own Node process: `node --import ./test/support/typescript-loader.mjs program.ts`
// runs TypeScript the way jest does here, the library by its name included.
import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { fileURLToPath, URL } from 'node:url';
import { isMainThread } from 'node:worker_threads';

import { transform } from '@swc/core';

import jest from '../../jest.config.js';

const [, options] = jest.transform['^.+\\.ts$'];
const library = new Map([
  ['nestjs-downloadview', '../../lib/index.ts'],
  ...[
    'archives',
    'azure',
    'csv',
    'gcs',
    's3',
    'terminus',
    'testing',
    'typeorm',
  ].map((entry) => [
    `nestjs-downloadview/${entry}`,
    `../../lib/${entry}/index.ts`,
  ]),
]);

// Node loads this module a second time, on the thread that runs the hooks.
if (isMainThread) register(import.meta.url);

export async function resolve(specifier, context, next) {
  const file = library.get(specifier);
  if (file) return next(new URL(file, import.meta.url).href, context);
  const isTypeScript = context.parentURL?.endsWith('.ts') ?? false;
  return next(
    isTypeScript && specifier.startsWith('.')
      ? specifier.replace(/\.js$/, '.ts')
      : specifier,
    context,
  );
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const filename = fileURLToPath(url);
  const { code } = await transform(await readFile(filename, 'utf8'), {
    ...options,
    filename,
  });
  return { format: 'module', source: code, shortCircuit: true };
}
