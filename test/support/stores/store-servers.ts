import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';

import { describeUnless } from '../describe-with.js';

const SERVERS = 'test/stores/servers';

/** An emulator of a store in a process of its own. */
export interface StoreServer {
  /** `http://127.0.0.1:port` */
  readonly endpoint: string;
  stop(): Promise<void>;
}

/**
 * A suite that runs these emulators, which are not among the project's own dependencies: they are as large as all
 * of those. Set-up installs them where it may.
 */
export function describeWithServers(title: string, suite: () => void): void {
  const command = `npm ci --prefix ${SERVERS}`;
  const isThere = existsSync(`${SERVERS}/node_modules`);
  describeUnless(
    isThere ? undefined : { name: 'the emulator', command },
    title,
    suite,
  );
}

/** Azurite, which keeps all in memory. */
export function startAzurite(): Promise<StoreServer> {
  return startServer(`${SERVERS}/azurite.cjs`);
}

/** The emulator of Google's storage that comes with firebase-tools. */
export function startGoogleEmulator(): Promise<StoreServer> {
  return startServer(`${SERVERS}/google.cjs`);
}

async function startServer(program: string): Promise<StoreServer> {
  const child = spawn(process.execPath, [program], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let log = '';
  for (const output of [child.stdout, child.stderr]) {
    output?.setEncoding('utf8').on('data', (text: string) => (log += text));
  }
  const exit = once(child, 'exit');
  const [endpoint] = (await Promise.race([
    once(child, 'message'),
    exit.then(() => Promise.reject(new Error(`It did not start: ${log}`))),
  ])) as [string];
  return { endpoint, stop: () => ended(child, exit) };
}

async function ended(
  child: ChildProcess,
  exit: Promise<unknown>,
): Promise<void> {
  child.kill('SIGKILL');
  await exit;
}
