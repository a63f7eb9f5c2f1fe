import { parseArgs } from 'node:util';

const OPTIONS = {
  only: { type: 'string', multiple: true },
  quick: { type: 'boolean', default: false },
  rounds: { type: 'string' },
  json: { type: 'string', default: 'bench.json' },
};

const WHOLE = { rounds: 7, seconds: 0.8, warmUpSeconds: 4 };
/** Whether a change has made requests cheaper or dearer shows in a minute or two. */
const QUICK = { rounds: 5, seconds: 0.4, warmUpSeconds: 4 };

/** The rows to measure, how often and how long, and the file to write; says what is wrong, and ends the process. */
export function readCommandLine(allRows) {
  const { only, quick, rounds, json } = parse();
  const known = allRows.map(({ name }) => name);
  const unknown = only?.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    giveUp(`There is no row ${unknown}. Rows: ${known.join(', ')}.`);
  }
  if (rounds !== undefined && !/^[1-9]\d*$/.test(rounds)) {
    giveUp(`--rounds ${rounds}: give a number from 1 on.`);
  }
  const rows = allRows.filter(({ name, isQuick }) =>
    only ? only.includes(name) : isQuick || !quick,
  );
  const pace = quick ? QUICK : WHOLE;
  return {
    rows,
    pace: { ...pace, rounds: Number(rounds ?? pace.rounds) },
    json,
  };
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
