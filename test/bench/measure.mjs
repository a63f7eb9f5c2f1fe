import { spreadOf } from './figures.mjs';
import { whyMissing } from './servers.mjs';

/** One result for everything that the row's figure is held against. */
export async function measure(row, stage, rounds) {
  const { name, title, unit, ours, peers = [], limit } = row;
  const skipped = ({ server }) => whyMissing(ours.server) ?? whyMissing(server);
  const tasks = [ours, ...peers.map(({ task }) => task)];
  const able = tasks.filter((task) => !skipped(task));
  const measured = await inTurn(able, stage, rounds);
  const common = { row: name, title, unit };
  if (limit) {
    const outcome = measured.has(ours)
      ? withinLimit(limit, measured.get(ours))
      : { target: limit, skipped: whyMissing(ours.server) };
    return [{ ...common, ...outcome }];
  }
  return peers.map(({ name: against, task, target }) => ({
    ...common,
    against,
    target,
    ...(measured.has(task)
      ? compared(target, measured.get(ours), measured.get(task))
      : { skipped: skipped(task) }),
  }));
}

/** The machine's moods are to meet all alike. The first round warms up, and does not count. */
async function inTurn(tasks, stage, rounds) {
  const outcomes = new Map(tasks.map((task) => [task, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const task of tasks) {
      const isWarmUp = round === 0;
      if (isWarmUp && task.isFreshEachRound) continue;
      const outcome = await task.run(stage, { isWarmUp });
      if (!isWarmUp) outcomes.get(task).push(outcome);
    }
  }
  return new Map(tasks.map((task) => [task, summaryOf(outcomes.get(task))]));
}

function summaryOf(outcomes) {
  return {
    ...spreadOf(outcomes.map(({ figure }) => figure)),
    clientShare: spreadOf(outcomes.map(({ clientShare }) => clientShare))
      .median,
  };
}

/** A limit holds for every round. */
function withinLimit(target, ours) {
  return { target, ours, isMet: ours.max < target.under };
}

function compared(target, ours, theirs) {
  const ratio = ours.median / theirs.median;
  if (!target) return { ours, theirs, ratio };
  const { atLeast = 0, atMost = Infinity } = target;
  return { ours, theirs, ratio, isMet: ratio >= atLeast && ratio <= atMost };
}
