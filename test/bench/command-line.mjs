import { parseArgs } from 'node:util';

const OPTIONS = {
  only: { type: 'string', multiple: true },
  rounds: { type: 'string', default: '5' },
  json: { type: 'string', default: 'bench.json' },
};

/** The rows to measure, how often, and the file to write; says what is wrong, and ends the process. */
export function readCommandLine(allRows) {
  const { only, rounds, json } = parse();
  const known = allRows.map(({ name }) => name);
  const unknown = only?.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    giveUp(`There is no row ${unknown}. Rows: ${known.join(', ')}.`);
  }
  if (!/^[1-9]\d*$/.test(rounds)) {
    giveUp(`--rounds ${rounds}: give a number from 1 on.`);
  }
  const rows = allRows.filter(({ name }) => !only || only.includes(name));
  return { rows, rounds: Number(rounds), json };
}

function parse() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    return giveUp(error.message);
  }
}

function giveUp(message) {
  console.error(message);
  process.exit(1);
}
