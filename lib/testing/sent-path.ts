import { type PathEncoding } from '../backends/rules.js';

const BYTES = /^[\0-\xff]*$/;

/**
 * The path that a header's value stands for.
 *
 * @param value as Node reads it: each character is a byte
 * @returns undefined where that is no UTF-8, or a percent sign begins no code
 * @internal
 */
export function sentPath(
  value: string,
  encoding: PathEncoding,
): string | undefined {
  if (!BYTES.test(value)) return undefined;
  if (encoding === 'percent' && /%(?![0-9a-f]{2})/i.test(value)) {
    return undefined;
  }
  const bytes = Buffer.from(
    encoding === 'percent'
      ? value.replace(/%(..)/g, (_, code: string) =>
          String.fromCharCode(parseInt(code, 16)),
        )
      : value,
    'latin1',
  );
  const path = bytes.toString();
  return Buffer.from(path).equals(bytes) ? path : undefined;
}
