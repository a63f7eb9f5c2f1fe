import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

import {
  temporaryDirectory,
  type TemporaryDirectory,
} from './files/temporary-directory.js';

const run = promisify(execFile);

// What the sample and the library are built from.
const SOURCES = [
  ...['package.json', 'tsconfig.json', 'tsconfig.build.json', 'lib'],
  ...['sample/tsconfig.json', 'sample/src', 'sample/assets', 'sample/static'],
];

/** A program of the sample that runs. */
export interface RunningProgram {
  /** The addresses that it has printed, in order. */
  readonly addresses: readonly string[];
  stop(): Promise<EndedProgram>;
}

export interface EndedProgram {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

export class Sample {
  readonly #running = new Set<ChildProcess>();

  private constructor(
    private readonly directory: TemporaryDirectory,
    /** What Node is told, to run a program: `main` or `proxy`. */
    private readonly parameters: (program: string) => readonly string[],
  ) {}

  /**
   * Built as its users build it, but apart from the repository: nobody else's dist/ is touched. Its types are checked
   * where the repository is built.
   */
  static async build(): Promise<Sample> {
    const directory = await temporaryDirectory();
    const { path } = directory;
    for (const source of SOURCES) {
      await cp(source, join(path, source), { recursive: true });
    }
    await symlink(resolve('node_modules'), join(path, 'node_modules'));
    const tsc = resolve('node_modules/typescript/bin/tsc');
    for (const project of ['tsconfig.build.json', 'sample']) {
      const parameters = [tsc, '-p', project, '--noCheck'];
      await run(process.execPath, parameters, { cwd: path });
    }
    return new Sample(directory, (program) => [
      join(path, `sample/dist/${program}.js`),
    ]);
  }

  /** As it lies in the repository: not built, and its types not checked. */
  static async asItIs(): Promise<Sample> {
    return new Sample(await temporaryDirectory(), (program) => [
      ...['--disable-warning=ExperimentalWarning'],
      ...['--import', './test/support/typescript-loader.mjs'],
      `sample/src/${program}.ts`,
    ]);
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
    const child = spawn(
      process.execPath,
      [...this.parameters(program), ...args],
      { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
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
