import { directoryOf, type PathRule } from './rules.js';

/**
 * By these headers servers are told what to send, or how to tell it. No client's request may bring one.
 *
 * @internal
 */
export const SPOOFABLE = [
  'X-Accel-Redirect',
  'X-Accel-Mapping',
  'X-Sendfile',
  'X-Sendfile-Type',
] as const;

/**
 * Puts the lines of a block one level further in.
 *
 * @internal
 */
export function indentWith(
  tab: string,
): (lines: readonly string[]) => string[] {
  return (lines) => lines.map((line) => (line === '' ? '' : tab + line));
}

/**
 * @internal
 */
export const indent = indentWith('  ');

/**
 * The directories that the server sends from, each of them once.
 *
 * @internal
 */
export function directoriesOf(rules: readonly PathRule[]): string[] {
  return [...new Set(rules.map(directoryOf))];
}
