// npm run bench [-- --only ROW] [--rounds N] [--json FILE]
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROWS } from './rows.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'string', default: 'bench.json' },
  },
});
const chosen = ROWS.filter(({ name }) => !values.only || name === values.only);
if (chosen.length === 0) {
  const known = ROWS.map(({ name }) => name).join(', ');
  console.error(`--only ${values.only}: there is no such row. Rows: ${known}.`);
  process.exit(1);
}

const directory = mkdtempSync(join(tmpdir(), 'downloadview-bench-'));
writeFileSync(join(directory, '1k.bin'), randomBytes(1024));
writeFileSync(join(directory, '100k.bin'), randomBytes(100 * 1024));
writeFileSync(join(directory, '1g.bin'), '');
truncateSync(join(directory, '1g.bin'), 1024 ** 3);

const child = fork(join(import.meta.dirname, 'server.mjs'), [`${directory}/`], {
  stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
});
const [line] = await once(child.stdout, 'data');
const server = {
  port: Number(line),
  async usage() {
    child.send('usage');
    const [usage] = await once(child, 'message');
    return usage;
  },
};

const median = (figures) =>
  [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)];
const spread = (figures) => ({
  median: median(figures),
  min: Math.min(...figures),
  max: Math.max(...figures),
});
const short = (figure) =>
  figure >= 1e6 ? `${(figure / 1e6).toFixed(0)} M` : figure.toPrecision(3);

async function measure({ name, title, ours, peers, lessIsMore = false }) {
  const contestants = { ours: [ours], ...peers };
  const figures = Object.fromEntries(
    Object.keys(contestants).map((key) => [key, []]),
  );
  // The first round warms up, and does not count.
  for (let round = 0; round <= Number(values.rounds); round += 1) {
    for (const [key, [run]] of Object.entries(contestants)) {
      const figure = await run(server);
      if (round > 0) figures[key].push(figure);
    }
  }
  const mine = spread(figures.ours);
  return Object.entries(peers).map(([peer, [, target]]) => {
    const theirs = spread(figures[peer]);
    const ratio = mine.median / theirs.median;
    const isMet = lessIsMore ? ratio <= target : ratio >= target;
    return { row: name, title, peer, ours: mine, theirs, ratio, target, isMet };
  });
}

try {
  const results = [];
  for (const row of chosen) {
    for (const result of await measure(row)) {
      results.push(result);
      const { title, peer, ours, theirs, ratio, target, isMet } = result;
      console.log(
        `${title} | ${peer} | ${short(ours.median)} (${short(ours.min)} - ${short(ours.max)}) | ` +
          `${short(theirs.median)} (${short(theirs.min)} - ${short(theirs.max)}) | ` +
          `${ratio.toFixed(2)}x of ${target}x ${isMet ? '' : '(missed)'}`,
      );
    }
  }
  const machine = {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    node: process.version,
  };
  writeFileSync(values.json, JSON.stringify({ machine, results }, null, 2));
} finally {
  child.kill();
  rmSync(directory, { recursive: true });
}
