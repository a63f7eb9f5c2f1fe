import { setTimeout as delay } from 'node:timers/promises';

const PATIENCE = 10_000;

/** Asks until the answer is this one, where nobody says when it will be; gives the last answer. */
export async function eventually<T>(
  expected: T,
  ask: () => Promise<T>,
  patience = PATIENCE,
): Promise<T> {
  const end = Date.now() + patience;
  for (;;) {
    const answer = await ask();
    if (answer === expected || Date.now() > end) return answer;
    await delay(20);
  }
}
