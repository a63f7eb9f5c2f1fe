import {
  type ChildProcessWithoutNullStreams,
  execFile,
  spawn,
} from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  cp,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What `npm pack` needs: the sources, and the files that build them. */
const sources = [
  'package.json',
  'nest-cli.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'tsconfig.build.cjs.json',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'docs',
  'lib',
  'test/support/cjs-package-json.mjs',
];

export interface CommandResult {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}

/** The package as users get it: built, packed and installed apart from the repository. */
export class PackedPackage {
  private constructor(
    private readonly folder: string,
    /** The names inside the tarball. */
    readonly files: readonly string[],
  ) {}

  /** The folder of the application that installed the package. */
  get app(): string {
    return join(this.folder, 'app');
  }

  /** The installed package. */
  get root(): string {
    return join(this.app, 'node_modules/nestjs-downloadview');
  }

  /** Packs a copy of the sources, so that nobody else's dist/ is touched. */
  static async install(companions: string[]): Promise<PackedPackage> {
    const folder = await mkdtemp(join(tmpdir(), 'packed-'));
    const copy = join(folder, 'copy');
    for (const source of sources.filter((name) => existsSync(name))) {
      await cp(source, join(copy, source), { recursive: true });
    }
    await symlink(
      join(process.cwd(), 'node_modules'),
      join(copy, 'node_modules'),
    );
    await leaveTypesUnchecked(join(copy, 'tsconfig.build.json'));
    await npm(copy, 'pack');
    const tarball = (await readdir(copy)).find((name) =>
      name.endsWith('.tgz'),
    )!;
    const { stdout } = await run('tar', ['-tzf', join(copy, tarball)]);
    const packed = new PackedPackage(folder, stdout.trim().split('\n'));
    await mkdir(packed.app);
    await writeFile(join(packed.app, 'package.json'), '{ "private": true }');
    const wanted = await Promise.all(companions.map(installedVersion));
    await npm(
      packed.app,
      ...['install', '--prefer-offline', '--no-audit', '--no-fund'],
      join(copy, tarball),
      ...wanted,
    );
    return packed;
  }

  /** Runs a program inside the application; it prints one line of JSON. */
  async run<T>(name: string, program: string, ...args: string[]): Promise<T> {
    await writeFile(join(this.app, name), program);
    const { stdout } = await run(process.execPath, [name, ...args], {
      cwd: this.app,
      timeout: 30_000,
    });
    return JSON.parse(stdout) as T;
  }

  /** Runs the package's command in the application, as npm has linked it. */
  async command(
    parameters: readonly string[],
    input = '',
  ): Promise<CommandResult> {
    return ended(
      spawn('node_modules/.bin/nestjs-downloadview', parameters, {
        cwd: this.app,
        timeout: 30_000,
      }),
      input,
    );
  }

  /** The same, by what users type. */
  async npx(parameters: readonly string[]): Promise<CommandResult> {
    return ended(
      spawn('npx', ['nestjs-downloadview', ...parameters], {
        cwd: this.app,
        timeout: 60_000,
      }),
    );
  }

  /** The packages that a declaration file imports, with all that it leads to. */
  async importsOf(declaration: string): Promise<Set<string>> {
    const packages = new Set<string>();
    const files = [join(this.root, declaration)];
    for (const file of files) {
      for (const name of specifiers(await readFile(file, 'utf8'))) {
        if (!name.startsWith('.')) packages.add(packageOf(name));
        else {
          const next = join(dirname(file), name.replace(/\.js$/, '.d.ts'));
          if (!files.includes(next)) files.push(next);
        }
      }
    }
    return packages;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function ended(
  child: ChildProcessWithoutNullStreams,
  input = '',
): Promise<CommandResult> {
  child.stdin.on('error', () => {}).end(input);
  const [output, errors, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { status, output, errors };
}

async function npm(cwd: string, ...args: string[]): Promise<void> {
  await run('npm', args, { cwd, maxBuffer: 16 * 1024 * 1024 });
}

/** They are checked where the repository is built; what comes out is the same. */
async function leaveTypesUnchecked(configuration: string): Promise<void> {
  const { compilerOptions, ...others } = JSON.parse(
    await readFile(configuration, 'utf8'),
  ) as { compilerOptions: object };
  const unchecked = { ...compilerOptions, noCheck: true };
  await writeFile(
    configuration,
    JSON.stringify({ ...others, compilerOptions: unchecked }),
  );
}

/** The version that the repository itself is tested with. */
async function installedVersion(name: string): Promise<string> {
  const manifest = await readFile(`node_modules/${name}/package.json`, 'utf8');
  return `${name}@${(JSON.parse(manifest) as { version: string }).version}`;
}

function specifiers(declaration: string): string[] {
  const pattern =
    /(?:\bfrom\s*|\bimport\s*\(?\s*|<reference (?:types|path)=)['"]([^'"]+)['"]/g;
  return [...declaration.matchAll(pattern)].map((match) => match[1]);
}

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return 'node:';
  const depth = specifier.startsWith('@') ? 2 : 1;
  return specifier.split('/').slice(0, depth).join('/');
}
