/**
 * A Content-Disposition as a client reads it.
 *
 * @internal
 */
export interface ReceivedDisposition {
  /** In lower case. */
  readonly type: string;
  /** What the client calls the file: `filename*` where there is one that can be read, else `filename`. */
  readonly name?: string;
}

const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
const TYPE = new RegExp(`[ \\t]*(${TOKEN})[ \\t]*(?=;|$)`, 'y');
const PARAMETER = new RegExp(
  `;[ \\t]*(?:(${TOKEN})[ \\t]*=[ \\t]*(?:(${TOKEN})|"((?:[^"\\\\]|\\\\[^])*)")[ \\t]*)?(?=;|$)`,
  'y',
);
const EXTENDED =
  /^(utf-8|iso-8859-1)'[\w-]*'((?:[\w!#$&+.^`|~-]|%[0-9a-f]{2})*)$/i;

/**
 * Reads a Content-Disposition (RFC 6266 section 4, RFC 8187 section 3.2.1).
 *
 * @returns undefined where the whole does not parse, or a parameter stands twice
 * @internal
 */
export function readDisposition(
  value: string,
): ReceivedDisposition | undefined {
  const type = matchAt(TYPE, value, 0);
  if (!type) return undefined;
  const parameters = new Map<string, string>();
  for (let position = type[0].length; position < value.length;) {
    const match = matchAt(PARAMETER, value, position);
    if (!match) return undefined;
    position += match[0].length;
    const [, name, token, quoted] = match as (string | undefined)[];
    if (name === undefined) continue;
    if (parameters.has(name.toLowerCase())) return undefined;
    const text = token ?? quoted?.replace(/\\([^])/g, '$1') ?? '';
    parameters.set(name.toLowerCase(), text);
  }
  return {
    type: type[1].toLowerCase(),
    name:
      extendedValue(parameters.get('filename*')) ?? parameters.get('filename'),
  };
}

/** RFC 6266 section 4.3: one that cannot be read is ignored. */
function extendedValue(value = ''): string | undefined {
  const match = EXTENDED.exec(value);
  if (!match) return undefined;
  const [, charset, coded] = match;
  const bytes = Buffer.from(
    coded.replace(/%([0-9a-f]{2})/gi, (_, code: string) =>
      String.fromCharCode(parseInt(code, 16)),
    ),
    'latin1',
  );
  if (charset.toLowerCase() !== 'utf-8') return bytes.toString('latin1');
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes) ? text : undefined;
}

function matchAt(
  pattern: RegExp,
  text: string,
  position: number,
): RegExpExecArray | null {
  pattern.lastIndex = position;
  return pattern.exec(text);
}
