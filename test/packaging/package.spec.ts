import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from '../support/command.js';
import { describeWith } from '../support/describe-with.js';
import { type ProgramName } from '../support/programs.js';
import { PackedPackage } from './packed-package.js';

interface Manifest {
  version: string;
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

/** What the strictest compiler says of the declarations of the package, and of what they lead to in it. */
const compiled = `
  import { createRequire } from 'node:module';
  const [repository, types, ...declarations] = process.argv.slice(2);
  const ts = createRequire(repository)('typescript');
  const program = ts.createProgram(declarations, {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
    typeRoots: [types],
  });
  const own = program
    .getSourceFiles()
    .filter(({ fileName }) => fileName.includes('/nestjs-downloadview/dist/'));
  console.log(
    JSON.stringify({
      files: own.length,
      errors: own
        .flatMap((file) => program.getSemanticDiagnostics(file))
        .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')),
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
      '@nestjs/terminus',
      'csv-stringify',
      'typeorm',
    ]);
    file = join(packed.app, 'report.txt');
    await writeFile(file, 'for your eyes only\n');
  }, 180_000);

  afterAll(() => packed?.remove());

  it('holds the two builds, the documentation and the texts, nothing else', () => {
    const others = packed.files.filter(
      (name) => !/^package\/(dist\/(esm|cjs)|docs)\//.test(name),
    );

    expect(others.sort()).toEqual([
      'package/CHANGELOG.md',
      'package/CONTRIBUTING.md',
      'package/LICENSE',
      'package/README.md',
      'package/SECURITY.md',
      'package/package.json',
    ]);
  });

  it('has declarations that compile with exact optional properties, and are all looked at', async () => {
    const { files, errors } = await packed.run<{
      files: number;
      errors: string[];
    }>(
      'compiled.mjs',
      compiled,
      join(process.cwd(), 'package.json'),
      join(process.cwd(), 'node_modules/@types'),
      ...['', 'csv/', 'testing/', 'typeorm/'].map((entry) =>
        join(packed.root, `dist/esm/${entry}index.d.ts`),
      ),
    );

    expect(errors).toEqual([]);
    expect(files).toBeGreaterThan(50);
  }, 60_000);

  it.each([
    'nestjs-downloadview',
    'nestjs-downloadview/csv',
    'nestjs-downloadview/terminus',
    'nestjs-downloadview/testing',
    'nestjs-downloadview/typeorm',
  ])(
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

  it.each([
    'dist/esm/index.d.ts',
    'dist/cjs/index.d.ts',
    'dist/esm/testing/index.d.ts',
    'dist/cjs/testing/index.d.ts',
    'dist/esm/typeorm/index.d.ts',
    'dist/cjs/typeorm/index.d.ts',
  ])(
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
      expect(imports.has('typeorm')).toBe(declaration.includes('/typeorm/'));
      expect([...imports].filter((name) => !declared.includes(name))).toEqual(
        [],
      );
    },
  );

  describe('has a command', () => {
    const config = (server: string, ...more: string[]): string[] => {
      const isToldPaths = ['apache', 'lighttpd'].includes(server);
      const rule = isToldPaths ? '/srv/media/' : '/srv/media/=/_offload/';
      const upstream = ['--upstream', '127.0.0.1:3000'];
      return ['config', server, '--rule', rule, ...upstream, ...more];
    };

    it('that npx finds, and that says the version of the package', async () => {
      const manifest = JSON.parse(
        await readFile(join(packed.root, 'package.json'), 'utf8'),
      ) as Manifest;

      expect(await packed.npx(['--version'])).toMatchObject({
        status: 0,
        output: `${manifest.version}\n`,
      });
    }, 60_000);

    it.each([
      [['--help'], 0, 'Usage: nestjs-downloadview COMMAND', ''],
      [['config', '--help'], 0, 'config SERVER --rule', ''],
      [['config', 'iis'], 2, '', "The name of the server: 'iis' was given."],
      [['config', 'nginx', '--rul=a'], 2, '', "Unknown option: '--rul'"],
      [['check-config', 'nginx', 'no.conf'], 2, '', "FILE: 'no.conf' was"],
    ])('that ends %j with %i', async (parameters, status, output, errors) => {
      const result = await packed.command(parameters);

      expect(result.status).toBe(status);
      expect(result.output).toContain(output);
      expect(result.errors).toContain(errors);
      expect([result.output, result.errors]).toContain('');
    });

    it('that finds nothing in what it has printed', async () => {
      const printed = await packed.command(config('nginx'));
      expect(printed).toMatchObject({ status: 0, errors: '' });

      expect(
        await packed.command(['check-config', 'nginx', '-'], printed.output),
      ).toEqual({
        status: 0,
        output: 'None of the known traps.\n',
        errors: '',
      });
    });

    it('that names file and line of a trap in a file', async () => {
      const configuration = 'location /x {\n  internal;\n  alias /y/;\n}\n';
      await writeFile(join(packed.app, 'by-hand.conf'), configuration);
      const parameters = ['check-config', 'nginx', 'by-hand.conf'];

      const { status, output, errors } = await packed.command(parameters);

      expect(output).toMatch(/^by-hand\.conf:3: problem: .* \[alias-slash\]$/m);
      expect(errors).toBe('');
      expect(status).toBe(1);
    });

    const CHECKS: readonly (readonly [
      server: string,
      program: ProgramName,
      parameters: (file: string) => readonly string[],
    ])[] = [
      ['nginx', 'nginx', (file) => ['-t', '-q', '-c', file]],
      ['apache', 'apache2', (file) => ['-t', '-f', file]],
      ['lighttpd', 'lighttpd', (file) => ['-tt', '-f', file]],
      [
        'caddy',
        'caddy',
        (file) => ['validate', '--adapter', 'caddyfile', '--config', file],
      ],
    ];
    describe.each(CHECKS)('whose output for %s', (server, program, check) => {
      describeWith([program], 'is read by the server', () => {
        it('without complaint', async () => {
          const more = [
            '--listen',
            '127.0.0.1:8080',
            '--directory',
            packed.app,
          ];
          const printed = await packed.command(config(server, ...more));
          const file = join(packed.app, `${server}.conf`);
          await writeFile(file, printed.output);

          const { code, errors } = await command(program, check(file));

          expect([code, code === 0 ? '' : errors]).toEqual([0, '']);
        });
      });
    });
  });
});
