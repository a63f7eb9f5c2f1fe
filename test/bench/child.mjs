import { fork } from 'node:child_process';
import { join } from 'node:path';
import { stopper } from './stopper.mjs';

/**
 * Starts one of the benchmark's own processes, and waits until it is ready.
 *
 * @param file below this directory
 * @param settings what it is told at its start
 */
export async function startChild(file, settings = {}) {
  const child = fork(
    join(import.meta.dirname, file),
    [JSON.stringify(settings)],
    { stdio: ['ignore', 2, 2, 'ipc'], execArgv: ['--expose-gc'] },
  );
  const stop = stopper(child, 'SIGKILL');
  const ready = await answerOf(child, file);
  return {
    ready,
    /** One question at a time. */
    ask(question, details) {
      const answer = answerOf(child, file);
      child.send({ question, details });
      return answer;
    },
    stop,
  };
}

function answerOf(child, file) {
  return new Promise((resolve, reject) => {
    const exited = () => reject(new Error(`${file} has ended`));
    child.once('exit', exited);
    child.once('message', ({ answer, error }) => {
      child.off('exit', exited);
      if (error === undefined) resolve(answer);
      else reject(new Error(error));
    });
  });
}
