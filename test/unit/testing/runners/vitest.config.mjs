import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vitest/config';

const library = (name) =>
  fileURLToPath(new globalThis.URL(`../../../../lib/${name}`, import.meta.url));

export default defineConfig({
  cacheDir: join(tmpdir(), 'downloadview-vitest'),
  resolve: {
    alias: [
      { find: /^nestjs-downloadview$/, replacement: library('index.ts') },
      {
        find: /^nestjs-downloadview\/testing$/,
        replacement: library('testing/index.ts'),
      },
    ],
  },
  test: {
    root: import.meta.dirname,
    include: ['*.vitest.ts'],
    reporters: ['json'],
  },
});
