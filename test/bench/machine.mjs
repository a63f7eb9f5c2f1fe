import { URL } from 'node:url';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { nginxVersion } from './nginx.mjs';

const PACKAGES = ['@nestjs/core', 'express', 'fastify', '@fastify/static'];

/** What the figures hold for. */
export function machine() {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? 'unknown processor',
    cores: processors.length,
    versions: {
      node: process.versions.node,
      ...Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])),
      nginx: nginxVersion() ?? 'missing',
    },
  };
}

function versionOf(name) {
  const file = new URL(
    `../../node_modules/${name}/package.json`,
    import.meta.url,
  );
  return JSON.parse(readFileSync(file, 'utf8')).version;
}
