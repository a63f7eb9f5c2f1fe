import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { type Adapter } from './application.js';

export interface RestrictedProcess {
  readonly origin: string;
  /** Ends it and gives all that it has logged. */
  stop(): Promise<string>;
}

// A shell sets the limit for the process that takes its place.
const LIMITED = 'ulimit -n 200; exec "$0" "$@"';

/** An application that runs as another user where this one is root, and soon has no descriptor left. */
export async function startRestrictedProcess(
  adapter: Adapter,
  root: string,
): Promise<RestrictedProcess> {
  const child = spawn(
    'sh',
    [
      ...['-c', LIMITED, process.execPath],
      ...['--disable-warning=ExperimentalWarning'],
      ...['--import', './test/support/typescript-loader.mjs'],
      ...['test/support/restricted-application.ts', adapter, root],
    ],
    { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  );
  let log = '';
  for (const output of [child.stdout, child.stderr]) {
    output?.setEncoding('utf8').on('data', (text: string) => (log += text));
  }
  const ended = once(child, 'close');
  const [origin] = (await Promise.race([
    once(child, 'message'),
    ended.then(() => Promise.reject(new Error(`It did not start: ${log}`))),
  ])) as [string];
  return {
    origin,
    stop: async () => {
      child.kill();
      await ended;
      return log;
    },
  };
}
