import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** An application in a process of its own. */
export interface ApplicationProcess {
  readonly origin: string;
  readonly pid: number;
  /** Says something to the program, and gives its next answer. */
  say(message: string): Promise<string>;
  /** Ends it and gives all that it has logged. */
  stop(signal?: NodeJS.Signals): Promise<string>;
}

/**
 * Starts a program of test/support that sends its origin when it listens.
 *
 * @param setUp for the shell whose place the process takes, such as `ulimit -n 200`
 */
export async function startApplicationProcess(
  program: string,
  parameters: readonly string[],
  setUp = ':',
): Promise<ApplicationProcess> {
  const child = spawn(
    'sh',
    [
      ...['-c', `${setUp}; exec "$0" "$@"`, process.execPath],
      ...['--disable-warning=ExperimentalWarning'],
      ...['--import', './test/support/typescript-loader.mjs'],
      ...[`test/support/${program}`, ...parameters],
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
    pid: child.pid ?? 0,
    say: async (message) => {
      const answer = once(child, 'message') as Promise<[string]>;
      child.send(message);
      return (await answer)[0];
    },
    stop: async (signal) => {
      child.kill(signal);
      await ended;
      return log;
    },
  };
}
