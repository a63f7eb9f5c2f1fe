import { once } from 'node:events';

/** Gives the function that ends a process, which does not outlive this one in any case. */
export function stopper(child, signal) {
  const exited = once(child, 'exit');
  const kill = () => child.kill(signal);
  process.once('exit', kill);
  return async () => {
    process.off('exit', kill);
    kill();
    await exited;
  };
}
