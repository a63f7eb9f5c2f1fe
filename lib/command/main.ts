#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';

import { runCommand } from './run-command.js';

const { resolve } = createRequire(import.meta.url);

// A reader such as `head` may leave early.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
const { status, output, errors } = await runCommand(process.argv.slice(2), {
  version: versionOfPackage(),
  standardInput: () => text(process.stdin),
});
process.stdout.write(output);
process.stderr.write(errors);
process.exitCode = status;

function versionOfPackage(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(resolve('nestjs-downloadview/package.json'), 'utf8'),
  );
  const hasVersion =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return hasVersion ? String(manifest.version) : '';
}
