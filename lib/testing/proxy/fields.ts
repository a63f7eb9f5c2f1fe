/**
 * A header line; names as they are sent.
 *
 * @internal
 */
export type Field = readonly [name: string, value: string];

// RFC 9110 section 7.6.1: of one connection only.
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * The header lines of a message, those of its connection left out.
 *
 * @param rawHeaders of Node's IncomingMessage
 * @internal
 */
export function endToEndFields(rawHeaders: readonly string[]): Field[] {
  const names = rawHeaders.filter((_, index) => index % 2 === 0);
  const fields = names.map((name, index): Field => [
    name,
    rawHeaders[2 * index + 1],
  ]);
  return without(fields, HOP_BY_HOP);
}

/**
 * @param names in lower case
 * @internal
 */
export function without(
  fields: readonly Field[],
  names: ReadonlySet<string>,
): Field[] {
  return fields.filter(([name]) => !names.has(name.toLowerCase()));
}

/**
 * @param names in lower case
 * @internal
 */
export function only(
  fields: readonly Field[],
  names: ReadonlySet<string>,
): Field[] {
  return fields.filter(([name]) => names.has(name.toLowerCase()));
}

/**
 * The value of a header, of all its lines.
 *
 * @param name in lower case
 * @internal
 */
export function valueOf(
  fields: readonly Field[],
  name: string,
): string | undefined {
  const lines = only(fields, new Set([name]));
  return lines.length > 0
    ? lines.map(([, value]) => value).join(', ')
    : undefined;
}

/**
 * Names in lower case, to be looked up.
 *
 * @internal
 */
export function namesOf(...names: readonly string[]): ReadonlySet<string> {
  return new Set(names.map((name) => name.toLowerCase()));
}
