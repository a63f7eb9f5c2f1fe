import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

import { findProgram } from './programs.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from './temporary-directory.js';

/** What a printed configuration has to be told of this run. */
export interface ServerPlace {
  readonly listen: string;
  readonly directory: string;
  /** The user of the workers, where root starts the server. */
  readonly user?: string;
}

export interface NginxServer {
  /** `http://127.0.0.1:port` */
  readonly origin: string;
  /** What it has written to its error log so far. */
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

/** The port that was free may be taken a moment later. */
const ATTEMPTS = 5;
const LISTENS = /start worker processes/;
const PORT_TAKEN = /bind\(\) to .* failed \(98:/;

/** Runs nginx on exactly the configuration that is printed for a place of its own. */
export async function startNginx(
  print: (place: ServerPlace) => string,
): Promise<NginxServer> {
  const directory = await temporaryDirectory();
  await mkdir(`${directory.path}/run`);
  try {
    return await tryPorts(print, directory, ATTEMPTS);
  } catch (error) {
    await directory.remove();
    throw error;
  }
}

async function tryPorts(
  print: (place: ServerPlace) => string,
  directory: TemporaryDirectory,
  attempts: number,
): Promise<NginxServer> {
  const listen = `127.0.0.1:${await freePort()}`;
  const text = print({
    listen,
    directory: `${directory.path}/run`,
    user: process.getuid?.() === 0 ? 'www-data' : undefined,
  });
  const file = await directory.write('nginx.conf', text);
  await requireValid(file);
  const { log, stop, failure } = await run(file);
  if (failure === undefined) {
    return {
      origin: `http://${listen}`,
      log,
      stop: async () => {
        await stop();
        await directory.remove();
      },
    };
  }
  await stop();
  if (PORT_TAKEN.test(failure) && attempts > 1) {
    return tryPorts(print, directory, attempts - 1);
  }
  throw new Error(`nginx did not start:\n${failure}`);
}

async function requireValid(file: string): Promise<void> {
  try {
    await promisify(execFile)(nginx(), ['-t', '-c', file, '-e', 'stderr']);
  } catch (error) {
    throw new Error('nginx refuses the printed configuration', {
      cause: error,
    });
  }
}

interface RunningNginx {
  readonly log: () => string;
  readonly stop: () => Promise<void>;
  /** What it said, where it does not run. */
  readonly failure?: string;
}

/** Settles when it listens, or says that it cannot. */
async function run(file: string): Promise<RunningNginx> {
  const child = spawn(
    nginx(),
    [
      ...['-c', file, '-e', 'stderr'],
      ...['-g', 'daemon off; error_log stderr notice;'],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const lines: string[] = [];
  const log = (): string => lines.join('\n');
  const exited = once(child, 'exit').then(() => false);
  const listens = new Promise<boolean>((resolve) => {
    createInterface(child.stderr).on('line', (line) => {
      lines.push(line);
      if (LISTENS.test(line)) resolve(true);
      else if (PORT_TAKEN.test(line)) resolve(false);
    });
  });
  return {
    log,
    failure: (await Promise.race([listens, exited])) ? undefined : log(),
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

function nginx(): string {
  return findProgram('nginx') ?? 'nginx';
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
