import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';

import { type WebServer } from './web-server.js';

/** Starts a web server; settles when it listens. What it has to say goes to standard error. */
export async function start(
  { command, args, install, listening }: WebServer,
  configuration: string,
): Promise<ChildProcess> {
  const child = spawn(command, args(configuration), {
    stdio: ['ignore', 'inherit', 'pipe'],
    // Debian keeps servers where only root's PATH leads to.
    env: {
      ...process.env,
      PATH: `${process.env.PATH}:/usr/local/sbin:/usr/sbin`,
    },
  });
  const ended = once(child, 'exit').then(
    () => new Error(`${command} did not start.`),
    (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT'
        ? new Error(`${command} is not installed. Type: ${install}`)
        : error,
  );
  const log = createInterface(child.stderr);
  const failure = await Promise.race([ended, lineLike(listening, log)]);
  if (failure) throw failure;
  return child;
}

function lineLike(pattern: RegExp, log: Interface): Promise<void> {
  return new Promise((resolve) => {
    log.on('line', (line) => {
      if (!line.includes('[notice]')) console.error(line);
      if (pattern.test(line)) resolve();
    });
  });
}
