const LONGEST = 200;
const SECRET = /secret/i;
const CREDENTIALS = /\/\/[^\s/?#@"']+@/g;
// Control characters, line and paragraph separators and bidi marks: they would forge or reorder log lines.
const UNSAFE =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]/gu;

/**
 * A value from outside, made safe to stand in a log line or an error message: quoted, control and
 * bidirectional characters escaped, cut at 200 characters.
 *
 * @internal
 */
export function quote(value: unknown): string {
  const given = typeof value === 'string' ? value : describe(value);
  const text = given.replace(CREDENTIALS, '//[hidden]@');
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  const escaped = cut.replace(
    UNSAFE,
    (character) =>
      `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return typeof value === 'string' ? `'${escaped}'` : escaped;
}

function describe(value: unknown): string {
  if (typeof value === 'function') return `[function ${value.name}]`;
  // JSON has neither Infinity nor NaN.
  if (['number', 'bigint', 'symbol'].includes(typeof value)) {
    return String(value);
  }
  // JSON would show a promise, or the body of a request, as {}.
  if (hasOwnTag(value)) return tagOf(value);
  try {
    return JSON.stringify(value, withoutSecrets) ?? 'undefined';
  } catch {
    return tagOf(value);
  }
}

function hasOwnTag(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Symbol.toStringTag in value &&
    !ArrayBuffer.isView(value)
  );
}

/** `[object Promise]` */
function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value);
}

function withoutSecrets(name: string, value: unknown): unknown {
  return SECRET.test(name) ? '[hidden]' : value;
}

/**
 * What a value is, for messages that must not show it: it may be a secret.
 *
 * @internal
 */
export function kindOf(value: unknown): unknown {
  if (value === undefined || value === null) return value;
  if (Array.isArray(value)) return 'a list';
  if (hasOwnTag(value)) return tagOf(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

const MOST_KEYS = 20;

/**
 * What somebody gave in place of something else, for messages that must show nothing of it: its kind, and of
 * an object the names of its keys.
 *
 * @internal
 */
export function shapeOf(value: unknown): unknown {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return 'bytes';
  const kind = kindOf(value);
  if (kind !== 'an object') return kind;
  const keys = Object.keys(value as object);
  if (keys.length === 0) return 'an object without keys';
  const names = keys.slice(0, MOST_KEYS).join(', ');
  return `an object with the keys ${names}${keys.length > MOST_KEYS ? ' ...' : ''}`;
}
