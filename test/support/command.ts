import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { findProgram, type ProgramName } from './programs.js';
import { bytesOf } from './clients/bytes-of.js';

/** A client that tries for ever is killed before the test's own time is over. */
const TIMEOUT = 20_000;

export interface CommandResult {
  readonly code: number | null;
  readonly output: Buffer;
  readonly errors: string;
}

/** How a program is run. */
export interface CommandOptions {
  readonly cwd?: string;
  /** `C` by default, which knows no names but those in ASCII. */
  readonly locale?: string;
  /** Milliseconds. */
  readonly timeout?: number;
}

/** Runs a client to its end, without proxies and settings of the machine. */
export async function command(
  program: ProgramName,
  parameters: readonly string[],
  options?: CommandOptions,
): Promise<CommandResult> {
  const child = start(program, parameters, options);
  const [output, errors, [code]] = await Promise.all([
    bytesOf(child.stdout),
    bytesOf(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { code, output, errors: errors.toString() };
}

/** The first bytes that a client writes to its output; then it is killed. */
export async function firstBytes(
  program: ProgramName,
  parameters: readonly string[],
  length: number,
): Promise<Buffer> {
  const child = start(program, parameters);
  const exited = once(child, 'exit');
  child.stderr.resume();
  const chunks: Buffer[] = [];
  let missing = length;
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    chunks.push(chunk.subarray(0, missing));
    missing -= chunk.length;
    if (missing <= 0) break;
  }
  child.kill('SIGKILL');
  await exited;
  return Buffer.concat(chunks);
}

function start(
  program: ProgramName,
  parameters: readonly string[],
  { cwd = '/', locale = 'C', timeout = TIMEOUT }: CommandOptions = {},
) {
  return spawn(findProgram(program) ?? program, parameters, {
    cwd,
    env: { PATH: process.env.PATH, HOME: '/nonexistent', LC_ALL: locale },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout,
    killSignal: 'SIGKILL',
  });
}
