import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { stopper } from './stopper.mjs';

// Debian keeps servers where only root's PATH leads to.
const DIRECTORIES = [
  ...(process.env.PATH ?? '').split(delimiter),
  '/usr/local/sbin',
  '/usr/sbin',
];

function findNginx() {
  return DIRECTORIES.filter((directory) => directory !== '')
    .map((directory) => join(directory, 'nginx'))
    .find((path) => existsSync(path));
}

/** Undefined where there is no nginx. */
export function nginxVersion() {
  const nginx = findNginx();
  if (nginx === undefined) return undefined;
  const { stderr } = spawnSync(nginx, ['-v'], { encoding: 'utf8' });
  return /nginx\/(\S+)/.exec(stderr)?.[1] ?? 'unknown';
}

/**
 * Runs nginx on a free port.
 *
 * @param below the directory for its files
 * @param print its configuration, from `listen`, `directory` and `user`
 */
export async function startNginx(below, print, attempts = 5) {
  const port = await freePort();
  const child = await spawnNginx(below, `127.0.0.1:${port}`, print);
  const stop = stopper(child, 'SIGTERM');
  const failure = await failureOf(child);
  if (failure === undefined) return { port, stop };
  await stop();
  // The port that was free may be taken a moment later.
  if (attempts > 1 && failure.includes('could not bind')) {
    return startNginx(below, print, attempts - 1);
  }
  throw new Error(`nginx did not start:\n${failure}`);
}

async function spawnNginx(below, listen, print) {
  const directory = mkdtempSync(join(below, 'nginx-'));
  // Root's workers would be those of a user that may not read the temporary files.
  const user = process.getuid?.() === 0 ? userInfo().username : undefined;
  const file = join(directory, 'nginx.conf');
  writeFileSync(file, await print({ listen, directory, user }));
  return spawn(
    findNginx(),
    ['-c', file, '-e', 'stderr', '-g', 'daemon off; error_log stderr notice;'],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
}

/** What nginx says where it does not start. */
function failureOf(child) {
  return new Promise((resolve) => {
    const lines = [];
    child.once('exit', () => resolve(lines.join('\n')));
    createInterface(child.stderr).on('line', (line) => {
      lines.push(line);
      if (line.includes('start worker processes')) resolve();
    });
  });
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
