import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { type Adapter } from './application.js';
import { type PostgresCluster } from './postgres.js';

export interface LimitedProcessParts {
  readonly adapter: Adapter;
  readonly root: string;
  readonly connection: PostgresCluster['connection'];
}

export interface LimitedProcess {
  readonly origin: string;
  stop(): Promise<void>;
}

/** An application with limited links in a process of its own. */
export async function startLimitedProcess(
  parts: LimitedProcessParts,
): Promise<LimitedProcess> {
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      ...['--import', './test/support/typescript-loader.mjs'],
      ...['test/support/limited-application.ts', JSON.stringify(parts)],
    ],
    { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
  );
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text) => (errors += text));
  const ended = once(child, 'close');
  const [origin] = (await Promise.race([
    once(child, 'message'),
    ended.then(() => Promise.reject(new Error(`It did not start: ${errors}`))),
  ])) as [string];
  return {
    origin,
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}
