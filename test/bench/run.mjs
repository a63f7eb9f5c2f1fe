// npm run bench [-- --quick] [--only ROW]... [--rounds N] [--json FILE]
import { writeFileSync } from 'node:fs';
import { readCommandLine } from './command-line.mjs';
import { readLarge, temporaryFiles } from './files.mjs';
import { machine } from './machine.mjs';
import { measure } from './measure.mjs';
import { jsonReport, markdownReport } from './report.mjs';
import { ROWS } from './rows.mjs';
import { Stage } from './stage.mjs';

const { rows, pace, json } = readCommandLine(ROWS);
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => process.exit(1));
}

const began = Date.now();
const directory = temporaryFiles();
const results = [];
for (const [index, row] of rows.entries()) {
  console.error(`${index + 1} of ${rows.length}: ${row.title}`);
  results.push(...(await measureOnStage(row)));
}
const report = { machine: machine(), ...pace, results };
console.log(await markdownReport(report));
writeFileSync(json, jsonReport(report));
const seconds = Math.round((Date.now() - began) / 1000);
console.error(`Took ${seconds} s. The same as JSON: ${json}`);

/** Every row has processes of its own, and says the same alone as among the others. */
async function measureOnStage(row) {
  readLarge(directory);
  const stage = new Stage(directory);
  try {
    return await measure(row, stage, pace);
  } finally {
    await stage.stop();
  }
}
