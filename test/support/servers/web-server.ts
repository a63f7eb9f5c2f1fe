import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';

import { findProgram } from '../programs.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../files/temporary-directory.js';
import { type WebServerKind } from './web-server-kinds.js';

/** What a printed configuration has to be told of this run. */
export interface ServerPlace {
  readonly listen: string;
  readonly directory: string;
  /** The user of the workers, where root starts the server. */
  readonly user?: string;
}

export interface WebServer {
  /** `http://127.0.0.1:port` */
  readonly origin: string;
  /** What it has written to its error log so far. */
  readonly log: () => string;
  /** Ends it, and starts it again on the same configuration and port. */
  readonly restart: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** The port that was free may be taken a moment later. */
const ATTEMPTS = 5;
const PORT_TAKEN = /bind\(\) to .* failed \(98:|address already in use/i;
const WORKER = 'www-data';

/** Runs a web server on exactly the configuration that is printed for a place of its own. */
export async function startWebServer(
  kind: WebServerKind,
  print: (place: ServerPlace) => string,
): Promise<WebServer> {
  const directory = await temporaryDirectory();
  const run = `${directory.path}/run`;
  await mkdir(run);
  const user = process.getuid?.() === 0 ? WORKER : undefined;
  const owner = user === undefined ? undefined : await idsOf(user);
  if (owner) await chown(run, owner.uid, owner.gid);
  const ids = kind.changesUser ? undefined : owner;
  try {
    return await tryPorts(kind, print, { directory, run, user, ids }, ATTEMPTS);
  } catch (error) {
    await directory.remove();
    throw error;
  }
}

interface Ids {
  readonly uid: number;
  readonly gid: number;
}

interface Run {
  readonly directory: TemporaryDirectory;
  /** Where the server may write. */
  readonly run: string;
  readonly user?: string;
  /** The user that it has to be started as. */
  readonly ids?: Ids;
}

/** From the file, since starting a program costs as much as a server takes to start. */
async function idsOf(user: string): Promise<Ids> {
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n');
  const found = users.find((line) => line.startsWith(`${user}:`));
  if (found === undefined) throw new Error(`There is no user ${user}`);
  const [, , uid, gid] = found.split(':').map(Number);
  return { uid, gid };
}

async function tryPorts(
  kind: WebServerKind,
  print: (place: ServerPlace) => string,
  place: Run,
  attempts: number,
): Promise<WebServer> {
  const listen = `127.0.0.1:${await freePort()}`;
  const { directory, run, user } = place;
  const printed = print({ listen, directory: run, user });
  let file = await directory.write('server.conf', printed);
  if (kind.around) {
    file = await directory.write('around.conf', kind.around(file));
  }
  let running = await start(kind, file, place);
  if (running.failure === undefined) {
    return {
      origin: `http://${listen}`,
      log: () => running.log(),
      restart: async () => {
        await running.stop();
        running = await start(kind, file, place);
        if (running.failure !== undefined) throw didNotStart(kind, running);
      },
      stop: async () => {
        await running.stop();
        await directory.remove();
      },
    };
  }
  await running.stop();
  if (PORT_TAKEN.test(running.failure) && attempts > 1) {
    return tryPorts(kind, print, place, attempts - 1);
  }
  throw didNotStart(kind, running);
}

function didNotStart({ program }: WebServerKind, { failure }: Running): Error {
  return new Error(`${program} did not start:\n${failure}`);
}

interface Running {
  readonly log: () => string;
  readonly stop: () => Promise<void>;
  /** What it said, where it does not run. */
  readonly failure?: string;
}

/** Settles when it listens, or says that it cannot. */
async function start(
  kind: WebServerKind,
  file: string,
  { run, ids }: Run,
): Promise<Running> {
  const child = spawn(pathOf(kind), kind.parameters(file), {
    ...ids,
    cwd: '/',
    env: { PATH: process.env.PATH, HOME: run, XDG_CONFIG_HOME: run },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const log = (): string => lines.join('\n');
  const exited = once(child, 'exit').then(() => false);
  const listens = new Promise<boolean>((resolve) => {
    for (const output of [child.stdout, child.stderr]) {
      createInterface(output).on('line', (line) => {
        lines.push(line);
        if (kind.listens.test(line)) resolve(true);
        else if (PORT_TAKEN.test(line)) resolve(false);
      });
    }
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

function pathOf({ program }: WebServerKind): string {
  return findProgram(program) ?? program;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
