import { spreadOf } from './figures.mjs';
import { whyMissing } from './servers.mjs';

/** One result for everything that the row's figure is held against. */
export async function measure(row, stage, pace) {
  const { name, title, unit, ours, peers = [], limit } = row;
  const skipped = ({ server }) => whyMissing(ours.server) ?? whyMissing(server);
  const tasks = [ours, ...peers.map(({ task }) => task)];
  const able = tasks.filter((task) => !skipped(task));
  const measured = await inTurn(able, stage, pace);
  const common = { row: name, title, unit };
  if (limit) {
    const outcome = measured.has(ours)
      ? withinLimit(limit, summaryOf(measured.get(ours)))
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
async function inTurn(tasks, stage, { rounds, seconds, warmUpSeconds }) {
  const outcomes = new Map(tasks.map((task) => [task, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const task of tasks) {
      const isWarmUp = round === 0;
      if (isWarmUp && task.isFreshEachRound) continue;
      const outcome = await task.run(stage, {
        seconds: isWarmUp ? warmUpSeconds : seconds,
      });
      if (!isWarmUp) outcomes.get(task).push(outcome);
    }
  }
  return outcomes;
}

function summaryOf(outcomes) {
  const of = (name) => spreadOf(outcomes.map((outcome) => outcome[name]));
  return {
    ...of('figure'),
    clientShare: of('clientShare').median,
    ...('rate' in outcomes[0] && { rate: of('rate').median }),
  };
}

/** A limit holds for every round. */
function withinLimit(target, ours) {
  return { target, ours, isMet: ours.max < target.under };
}

/** Each round of ours by the one of theirs next to it: what disturbs the machine disturbs both. */
function compared(target, ours, theirs) {
  const ratio = spreadOf(
    ours.map(({ figure }, round) => theirs[round].figure / figure),
  );
  return {
    ours: summaryOf(ours),
    theirs: summaryOf(theirs),
    ratio,
    ...(target !== undefined && { isMet: ratio.median >= target }),
  };
}
