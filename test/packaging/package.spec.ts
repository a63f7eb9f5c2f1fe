import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PackedPackage } from './packed-package.js';

interface Manifest {
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
}

const peers = ['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs'];

const boot = `
  class FileController {
    get() {
      return sendfile(process.argv[2]);
    }
  }
  Controller('file')(FileController);
  Get()(
    FileController.prototype,
    'get',
    Object.getOwnPropertyDescriptor(FileController.prototype, 'get'),
  );
  class AppModule {}
  Module({
    imports: [DownloadModule.forRoot({})],
    controllers: [FileController],
  })(AppModule);

  const app = await NestFactory.create(AppModule, { logger: false });
  await app.listen(0, '127.0.0.1');
  const answer = await fetch((await app.getUrl()) + '/file');
  console.log(
    JSON.stringify({
      status: answer.status,
      disposition: answer.headers.get('content-disposition'),
      body: await answer.text(),
    }),
  );
  await app.close();
`;

const inEsm = `
  import { Controller, Get, Module } from '@nestjs/common';
  import { NestFactory } from '@nestjs/core';
  import { DownloadModule, sendfile } from 'nestjs-downloadview';
  ${boot}
`;

const inCjs = `
  const { Controller, Get, Module } = require('@nestjs/common');
  const { NestFactory } = require('@nestjs/core');
  const { DownloadModule, sendfile } = require('nestjs-downloadview');
  (async () => {
    ${boot}
  })();
`;

/** Whether `import` and `require` give the very same values. */
const bothWays = `
  import { createRequire } from 'node:module';
  const require = createRequire(import.meta.url);
  const name = process.argv[2];
  const imported = await import(name);
  const required = require(name);
  const names = Object.keys(imported).filter(
    (key) => key !== 'default' && key !== 'module.exports',
  );
  console.log(
    JSON.stringify({
      names,
      differing: names.filter((key) => imported[key] !== required[key]),
    }),
  );
`;

describe('the packed package', () => {
  let packed: PackedPackage;
  let file: string;

  beforeAll(async () => {
    packed = await PackedPackage.install([
      ...peers,
      '@nestjs/platform-express',
    ]);
    file = join(packed.app, 'report.txt');
    await writeFile(file, 'for your eyes only\n');
  }, 180_000);

  afterAll(() => packed?.remove());

  it('holds the two builds and the texts, nothing else', () => {
    const others = packed.files.filter(
      (name) => !/^package\/dist\/(esm|cjs)\//.test(name),
    );

    expect(others.sort()).toEqual([
      'package/CHANGELOG.md',
      'package/LICENSE',
      'package/README.md',
      'package/package.json',
    ]);
  });

  it.each(['nestjs-downloadview', 'nestjs-downloadview/testing'])(
    'gives the same %s to import and require',
    async (name) => {
      const result = await packed.run<{ names: string[]; differing: string[] }>(
        'both-ways.mjs',
        bothWays,
        name,
      );

      expect(result.names).not.toEqual([]);
      expect(result.differing).toEqual([]);
    },
    30_000,
  );

  it.each([
    ['ES modules', 'app.mjs', inEsm],
    ['CommonJS', 'app.cjs', inCjs],
  ])(
    'serves a download in an application of %s',
    async (_, name, program) => {
      expect(await packed.run(name, program, file)).toEqual({
        status: 200,
        disposition: expect.stringContaining('report.txt'),
        body: 'for your eyes only\n',
      });
    },
    30_000,
  );

  it.each(['dist/esm/index.d.ts', 'dist/cjs/index.d.ts'])(
    'declares its types in %s with declared packages only',
    async (declaration) => {
      const manifest = JSON.parse(
        await readFile(join(packed.root, 'package.json'), 'utf8'),
      ) as Manifest;
      const declared = [
        'node:',
        ...Object.keys(manifest.dependencies),
        ...Object.keys(manifest.peerDependencies),
      ];

      const imports = await packed.importsOf(declaration);

      expect(imports).toContain('@nestjs/common');
      expect([...imports].filter((name) => !declared.includes(name))).toEqual(
        [],
      );
    },
  );
});
