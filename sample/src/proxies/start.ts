import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';

import { type WebServer } from './web-server.js';

/** Starts a web server; settles when it listens. Its warnings and errors go to standard error. */
export async function start(
  { command, args, install, listening }: WebServer,
  configuration: string,
): Promise<ChildProcess> {
  const directory = dirname(configuration);
  const child = spawn(command, args(configuration), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      // Debian keeps servers where only root's PATH leads to.
      PATH: `${process.env.PATH}:/usr/local/sbin:/usr/sbin`,
      // Nothing of it is left behind: uploads that are not whole yet, what Caddy knows.
      TMPDIR: directory,
      HOME: directory,
      XDG_CONFIG_HOME: directory,
      XDG_DATA_HOME: directory,
    },
  });
  const ended = once(child, 'exit').then(
    () => new Error(`${command} did not start.`),
    (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT'
        ? new Error(`${command} is not installed. Type: ${install}`)
        : error,
  );
  const listens = new Promise<undefined>((resolve) => {
    for (const output of [child.stdout, child.stderr]) {
      createInterface(output).on('line', (line) => {
        if (listening.test(line)) resolve(undefined);
        else if (!/\bnotice\b|\binfo\b/.test(line)) console.error(line);
      });
    }
  });
  const failure = await Promise.race([ended, listens]);
  if (failure) throw failure;
  return child;
}
