/**
 * The path of a request target, as it came: without the query, and without the origin of a whole address
 * (RFC 9112 3.2.2).
 *
 * @internal
 */
export function pathOfTarget(target: string): string {
  return target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
}

/**
 * The segments of a path, each decoded once: an encoded slash stays within its own.
 *
 * @throws URIError for a malformed encoding
 * @internal
 */
export function decodedSegments(path: string): string[] {
  return path.split('/').map(decodeURIComponent);
}

/**
 * How else a path may be written: decoded, encoded as clients do it, as little and as much as
 * RFC 3986 allows, with hexadecimal digits of either case. An encoded slash is one of the name, and, since
 * servers decode it, a separator.
 *
 * @returns all of them but `path` itself
 * @throws URIError for a malformed encoding
 * @internal
 */
export function otherSpellings(path: string): Set<string> {
  const segments = decodedSegments(path);
  const spellings = new Set<string>();
  for (const names of [segments, segments.join('/').split('/')]) {
    for (const spell of [encodedSlash, asLittle, encodeURIComponent, asMuch]) {
      const spelling = names.map(spell).join('/');
      spellings.add(spelling).add(inLowerCase(spelling));
    }
  }
  spellings.delete(path);
  return spellings;
}

/**
 * A path with those characters encoded, and in that way, that a pattern has encoded.
 *
 * @throws URIError for a malformed encoding in the path
 * @internal
 */
export function spelledAs(pattern: string, path: string): string {
  const written = new Map<string, string>([['/', '%2F']]);
  for (const [run] of pattern.matchAll(/(?:%[\da-f]{2})+/gi)) {
    for (const character of decodedOrNone(run)) {
      const code = percentEncoded(character);
      written.set(character, run.includes(code) ? code : inLowerCase(code));
    }
  }
  return decodedSegments(path)
    .map((name) => [...name].map((one) => written.get(one) ?? one).join(''))
    .join('/');
}

function encodedSlash(name: string): string {
  return name.replaceAll('/', '%2F');
}

function asLittle(name: string): string {
  return encodedSlash(encodeURI(name));
}

/** Only what RFC 3986 2.3 calls unreserved is left as it is. */
function asMuch(name: string): string {
  return encodeURIComponent(name).replace(/[!'()*]/g, percentEncoded);
}

function inLowerCase(spelling: string): string {
  return spelling.replace(/%[\dA-F]{2}/g, (code) => code.toLowerCase());
}

function percentEncoded(character: string): string {
  return Buffer.from(character)
    .toString('hex')
    .toUpperCase()
    .replace(/../g, '%$&');
}

function decodedOrNone(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch {
    return '';
  }
}

/**
 * A pattern of Express with those letters of its constant parts encoded that never come bare: blanks, and
 * what is not ASCII. Names of parameters stay.
 *
 * @internal
 */
export function encodedLiterals(pattern: string): string {
  return pattern.replace(
    /([:*](?:"(?:\\.|[^"\\])*"|[\p{ID_Start}$_][\p{ID_Continue}$]*))|\\?([^\x21-\x7e])/gu,
    (_, name: string | undefined, letter: string) =>
      name ?? percentEncoded(letter),
  );
}
