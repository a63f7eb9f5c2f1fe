import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

import { type Options, transformFile } from '@swc/core';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from './files/temporary-directory.js';

// What runs besides what is transpiled.
const COPIED = ['package.json', 'sample/assets', 'sample/static'];

/** A program of the sample that runs. */
export interface RunningProgram {
  /** The addresses that it has printed, in order. */
  readonly addresses: readonly string[];
  /** What it has written to standard error until now. */
  errors(): string;
  stop(): Promise<EndedProgram>;
}

export interface EndedProgram {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

interface JestConfig {
  readonly default: { transform: Record<string, [string, Options]> };
}

export class Sample {
  readonly #running = new Set<ChildProcess>();

  private constructor(private readonly directory: TemporaryDirectory) {}

  /**
   * Where the repository's checks compile it by TypeScript, it is only transpiled here, and apart from the repository:
   * nobody else's dist/ is touched.
   */
  static async build(): Promise<Sample> {
    const directory = await temporaryDirectory();
    const { path } = directory;
    await Promise.all([
      transpile('lib', join(path, 'dist/esm')),
      transpile('sample/src', join(path, 'sample/dist')),
      ...COPIED.map((source) =>
        cp(source, join(path, source), { recursive: true }),
      ),
      symlink(resolve('node_modules'), join(path, 'node_modules')),
    ]);
    return new Sample(directory);
  }

  /** A directory for what the application keeps. */
  data(name: string): string {
    return join(this.directory.path, 'data', name);
  }

  /** Starts a program; settles when it has printed so many addresses. */
  async start(
    [program, ...args]: readonly string[],
    env: NodeJS.ProcessEnv,
    addressCount = 1,
  ): Promise<RunningProgram> {
    const child = this.#spawn(program, args, env);
    const addresses: string[] = [];
    const ended = this.#ended(child);
    let errors = '';
    child.stderr!.on('data', (text: Buffer) => (errors += text.toString()));
    const lines = createInterface(child.stdout!);
    const ready = new Promise<void>((resolve) => {
      lines.on('line', (line) => {
        const address = /https?:\S+/.exec(line);
        if (address) addresses.push(address[0]);
        if (addresses.length === addressCount) resolve();
      });
    });
    const early = await Promise.race([ready, ended]);
    if (early) throw new Error(`${program} did not start: ${early.errors}`);
    return {
      addresses,
      errors: () => errors,
      stop: async () => {
        child.kill();
        return ended;
      },
    };
  }

  /** Runs a program that is expected to end by itself. */
  runToEnd(
    [program, ...args]: readonly string[],
    env: NodeJS.ProcessEnv,
  ): Promise<EndedProgram> {
    return this.#ended(this.#spawn(program, args, env));
  }

  /** Ends what still runs, and removes everything. */
  async remove(): Promise<void> {
    await Promise.all(
      [...this.#running].map(async (child) => {
        child.kill();
        await once(child, 'exit');
      }),
    );
    await this.directory.remove();
  }

  #spawn(
    program: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv,
  ): ChildProcess {
    const built = join(this.directory.path, `sample/dist/${program}.js`);
    const child = spawn(process.execPath, [built, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#running.add(child);
    child.once('exit', () => this.#running.delete(child));
    return child;
  }

  async #ended(child: ChildProcess): Promise<EndedProgram> {
    let output = '';
    let errors = '';
    child.stdout!.on('data', (text: Buffer) => (output += text.toString()));
    child.stderr!.on('data', (text: Buffer) => (errors += text.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output, errors };
  }
}

/** As the tests are transpiled, and the names of the library are left to Node. */
async function transpile(source: string, target: string): Promise<void> {
  const config = (await import(resolve('jest.config.js'))) as JestConfig;
  const [, options] = config.default.transform['^.+\\.ts$'];
  const entries = await readdir(source, { recursive: true });
  await Promise.all(
    entries
      .filter((name) => name.endsWith('.ts'))
      .map(async (name) => {
        const { code } = await transformFile(join(source, name), options);
        const built = join(target, name.replace(/ts$/, 'js'));
        await mkdir(dirname(built), { recursive: true });
        await writeFile(built, code);
      }),
  );
}
