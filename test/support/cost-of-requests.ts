import { createHook } from 'node:async_hooks';
import { type Profiler, Session } from 'node:inspector/promises';
import { connect } from 'node:net';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const LIB = fileURLToPath(new URL('../../lib/', import.meta.url));

/** Sends one request, and waits for an answer that ends with its connection; makes no promise but one. */
export function exchanged(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const lines = Object.entries(headers).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1');
    socket
      .setEncoding('latin1')
      .on('data', (text: string) => (answer += text))
      .once('error', reject)
      .once('close', () => resolve(answer))
      .write(
        `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${lines.join('')}\r\n`,
      );
  });
}

/** How many promises are made in this process until `run` is over. */
export async function promisesOf(run: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const hook = createHook({
    init(_id, type) {
      if (type === 'PROMISE') count += 1;
    },
  });
  hook.enable();
  try {
    await run();
  } finally {
    hook.disable();
  }
  return count;
}

/** The files of lib/ with a named function that ran until `run` was over, and how often such functions did. */
export async function filesOf(
  run: () => Promise<unknown>,
): Promise<ReadonlyMap<string, number>> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.startPreciseCoverage', { callCount: true });
    await session.post('Profiler.takePreciseCoverage');
    await run();
    const { result } = await session.post('Profiler.takePreciseCoverage');
    return new Map(result.flatMap(ranIn));
  } finally {
    await session.post('Profiler.stopPreciseCoverage');
    session.disconnect();
  }
}

function ranIn({
  url,
  functions,
}: Profiler.ScriptCoverage): [string, number][] {
  const path = url.startsWith('file:') ? fileURLToPath(url) : url;
  if (!path.startsWith(LIB)) return [];
  const calls = functions
    .filter(({ functionName }) => functionName !== '')
    .reduce((sum, { ranges: [whole] }) => sum + (whole?.count ?? 0), 0);
  const name = path.slice(LIB.length).split(sep).join('/');
  return calls > 0 ? [[name, calls]] : [];
}
