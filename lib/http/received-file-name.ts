const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
const TYPE = new RegExp(`^[ \\t]*${TOKEN}[ \\t]*(?=;|$)`);
const PARAMETER = new RegExp(
  `;[ \\t]*(?:(${TOKEN})[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\[^])*)"|([^ \\t;"]+))[ \\t]*)?`,
  'y',
);
const EXTENDED = /^(utf-8|iso-8859-1)'[^']*'((?:[^%']|%[0-9a-f]{2})*)$/i;
const NO_NAME = /^[\s.]*$/;

/**
 * The file name that a Content-Disposition gives (RFC 6266 section 4.3), the last path segment of it:
 * `filename*` (RFC 8187) before `filename`, whose bytes are taken for UTF-8 where they are that.
 *
 * @param value with a character for each byte
 * @returns undefined where there is none that can be read
 * @internal
 */
export function receivedFileName(
  value: string | undefined,
): string | undefined {
  const parameters = parametersOf(value ?? '');
  const plain = parameters.get('filename');
  const name =
    extendedName(parameters.get('filename*')) ??
    (plain === undefined ? undefined : textOfBytes(plain));
  const last = name?.split(/[/\\]/).at(-1) ?? '';
  return NO_NAME.test(last) ? undefined : last;
}

/**
 * The text that the bytes of a field mean: UTF-8, or what is none in ISO-8859-1.
 *
 * @param value with a character for each byte
 * @internal
 */
export function textOfBytes(value: string): string {
  return utf8Of(Buffer.from(value, 'latin1')) ?? value;
}

/** Up to the first that cannot be read; of one that is there twice the first counts. */
function parametersOf(value: string): Map<string, string> {
  const parameters = new Map<string, string>();
  const type = TYPE.exec(value);
  if (!type) return parameters;
  PARAMETER.lastIndex = type[0].length;
  for (
    let match = PARAMETER.exec(value) as (string | undefined)[] | null;
    match;
    match = PARAMETER.exec(value)
  ) {
    const [, name, quoted, token] = match;
    const text = quoted?.replace(/\\([^])/g, '$1') ?? token;
    const key = name?.toLowerCase();
    if (key !== undefined && text !== undefined && !parameters.has(key)) {
      parameters.set(key, text);
    }
  }
  return parameters;
}

function extendedName(value: string | undefined): string | undefined {
  const match = EXTENDED.exec(value ?? '');
  if (!match) return undefined;
  const [, charset = '', encoded = ''] = match;
  const bytes = Buffer.from(
    encoded.replace(/%(..)/g, (_, hex: string) =>
      String.fromCharCode(parseInt(hex, 16)),
    ),
    'latin1',
  );
  return charset.toLowerCase() === 'utf-8'
    ? utf8Of(bytes)
    : bytes.toString('latin1');
}

function utf8Of(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', {
      fatal: true,
      ignoreBOM: true,
    }).decode(bytes);
  } catch {
    return undefined;
  }
}
