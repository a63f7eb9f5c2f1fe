import { lintConfig } from '../../../lib/command/check-config.js';
import { type Finding } from '../../../lib/command/finding.js';
import { type ServerName } from '../../../lib/command/print-config.js';

/** A rule, how it comes about, and a part of the line at which it is found. */
export type LintRow = readonly [
  rule: string,
  edit: Edit,
  line: string,
  level?: Finding['level'],
];

/** What stands in the sound configuration, and what stands there instead. */
export type Edit = readonly [before: string, after: string];

/** A sound configuration, edited. */
export function edited(sound: string, [before, after]: Edit): string {
  if (!sound.includes(before)) {
    throw new Error(`The sound configuration has no ${before}`);
  }
  return sound.replace(before, () => after);
}

/** Every finding in a text, as `rule level line`. */
export function findingsIn(server: ServerName, text: string): string[] {
  return lintConfig(server, text, 'test.conf').map(
    ({ rule, level, place }) => `${rule} ${level} ${place.line}`,
  );
}

/** What findingsIn() gives where a row's rule is the only one. */
export function onlyFinding(text: string, row: LintRow): string[] {
  const [rule, , line, level = 'problem'] = row;
  const lines = text.split('\n').map((content) => content.includes(line));
  if (lines.filter(Boolean).length !== 1) {
    throw new Error(`${line} stands in one line, or the test says nothing`);
  }
  return [`${rule} ${level} ${lines.indexOf(true) + 1}`];
}
