import { format } from 'prettier';
import { spreadText } from './figures.mjs';
import { WARM_UP_SECONDS } from './tasks.mjs';

const COLUMNS = [
  'row',
  'against',
  'ours: median (min - max)',
  'theirs: median (min - max)',
  'theirs / ours',
  'requests/s, ours and theirs',
  'target',
  'result',
];
/** From this share of a core on, a figure may be the client's. */
const BUSY = 0.9;

export const jsonReport = (report) => `${JSON.stringify(report, null, 2)}\n`;

const MEMORY =
  '\nGrowth of RSS: how far a server process that has just started grows at most, looked at a hundred times ' +
  `a second, from where it is after ${WARM_UP_SECONDS} s of requests for 1 KiB, or a short CSV file, and a garbage ` +
  'collection.';

/** A table as it goes into a README, and what is to be known about it. */
export function markdownReport({ machine, rounds, seconds, results }) {
  const table = [COLUMNS, COLUMNS.map(() => '---'), ...results.map(cells)];
  const lines = [
    ...table.map((line) => `| ${line.join(' | ')} |`),
    '',
    machineText(machine, rounds),
    ...(results.some(({ unit }) => unit === 'us')
      ? [requestsText(seconds)]
      : []),
    ...(results.some(({ unit }) => unit === 'MB') ? [MEMORY] : []),
    ...results.filter(({ skipped }) => skipped).map(skippedText),
    ...results.flatMap(busyTexts),
  ];
  return format(lines.join('\n'), { parser: 'markdown' });
}

function requestsText(seconds) {
  return (
    '\nMicroseconds are those that the server process has had of the processors for one request, over ' +
    `${seconds} s of requests on 32 connections in each round. A ratio is the median of its rounds.`
  );
}

function cells(result) {
  const { title, against = '', ours, theirs, unit, ratio } = result;
  return [
    title,
    against,
    ours ? spreadText(ours, unit) : '',
    theirs ? spreadText(theirs, unit) : '',
    ratio ? spreadText(ratio, 'times') : '',
    ours?.rate && theirs ? `${rateText(ours)}, ${rateText(theirs)}` : '',
    targetText(result),
    verdict(result),
  ];
}

function rateText({ rate }) {
  return Math.round(rate).toLocaleString('en');
}

function targetText({ target, unit }) {
  if (target === undefined) return '';
  return target.under === undefined
    ? `at least ${target}x`
    : `under ${target.under} ${unit}`;
}

function verdict({ skipped, target, isMet }) {
  if (skipped) return 'skipped';
  if (target === undefined) return '';
  return isMet ? 'met' : '**missed**';
}

function machineText({ processor, cores, versions }, rounds) {
  const programs = Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
  const times = rounds === 1 ? 'One round' : `${rounds} rounds, taken in turn`;
  return `${times}. ${cores} cores (${processor}), ${programs}.`;
}

function skippedText({ row, title, against, skipped }) {
  const peer = against === undefined ? '' : ` against ${against}`;
  return `\nSkipped: ${row} (${title})${peer}: ${skipped}.`;
}

function busyTexts({ row, against, ours, theirs }) {
  return Object.entries({ ours, [against]: theirs })
    .filter(([, figures]) => figures?.clientShare > BUSY)
    .map(([name, { clientShare }]) => {
      const percent = Math.round(clientShare * 100);
      return `\n${row}: the client took ${percent} % of a core for ${name}, and may be what is slow.`;
    });
}
