import { randomBytes } from 'node:crypto';

/**
 * The same key with a random suffix before the extension: `reports/q3.pdf` becomes
 * `reports/q3_x7Fk2bQp.pdf`.
 *
 * @internal
 */
export function withRandomSuffix(key: string): string {
  const nameStart = key.lastIndexOf('/') + 1;
  const dot = key.lastIndexOf('.');
  const stemEnd = dot > nameStart ? dot : key.length;
  const suffix = randomBytes(6).toString('base64url');
  return `${key.slice(0, stemEnd)}_${suffix}${key.slice(stemEnd)}`;
}
