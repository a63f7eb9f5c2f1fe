import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { findProgram, installCommand } from '../programs.js';

const run = promisify(execFile);

const USER = 'test';
const PORT = 5432;

export interface PostgresCluster {
  /** What a client connects with; the host is the directory of a Unix socket. */
  readonly connection: {
    readonly host: string;
    readonly port: number;
    readonly username: string;
    readonly database: string;
  };
  /** Ends it at once and removes what it wrote. */
  stop(): Promise<void>;
}

/** A PostgreSQL of its own that keeps nothing: no TCP port, no passwords, no fsync. */
export async function startPostgres(): Promise<PostgresCluster> {
  const initdb = findProgram('initdb');
  if (initdb === undefined) throw new Error(installCommand('initdb'));
  const directory = await ownDirectory();
  const data = join(directory, 'data');
  const log = join(directory, 'log');
  const settings = [
    "-c listen_addresses=''",
    `-c unix_socket_directories='${directory}'`,
    `-p ${PORT}`,
    '-c fsync=off',
    '-c full_page_writes=off',
    '-c shared_buffers=16MB',
    '-c max_connections=20',
  ].join(' ');
  const control = (...parameters: string[]): Promise<string> =>
    asServerUser(join(dirname(initdb), 'pg_ctl'), ['-D', data, ...parameters]);
  try {
    await asServerUser(initdb, [
      ...['-D', data, '-U', USER, '-A', 'trust', '-E', 'UTF8'],
      ...['--locale=C', '--no-sync'],
    ]);
    await control('start', '-w', '-l', log, '-o', settings);
  } catch (error) {
    const told = await readFile(log, 'utf8').catch(() => '');
    await rm(directory, { recursive: true, force: true });
    throw new Error(`PostgreSQL did not start. ${told}`, { cause: error });
  }
  return {
    connection: {
      host: directory,
      port: PORT,
      username: USER,
      database: 'postgres',
    },
    async stop() {
      await control('stop', '-w', '-m', 'immediate');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function ownDirectory(): Promise<string> {
  const template = join(tmpdir(), 'downloadview-postgres-XXXXXX');
  return (await asServerUser('mktemp', ['-d', template])).trim();
}

/** PostgreSQL refuses to run as root. */
async function asServerUser(
  command: string,
  parameters: readonly string[],
): Promise<string> {
  const [file = command, ...rest] =
    process.getuid?.() === 0
      ? ['runuser', '-u', 'postgres', '--', command, ...parameters]
      : [command, ...parameters];
  // The user of the server may not enter the directory that the tests run in.
  const { stdout } = await run(file, rest, { cwd: tmpdir() });
  return stdout;
}
