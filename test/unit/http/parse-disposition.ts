/** A Content-Disposition as a client reads it. */
export interface Disposition {
  type: string;
  parameters: Record<string, string>;
}

const TCHAR = /[A-Za-z0-9!#$%&'*+.^_`|~-]/;
const ATTR_CHAR = /[A-Za-z0-9!#$&+.^_`|~-]/;

/**
 * A reader of RFC 6266 and RFC 8187, character by character, that refuses whatever the grammar
 * does not allow. It shares nothing with the code it checks.
 */
export function parseDisposition(value: string): Disposition {
  const input = [...value];
  const parameters: Record<string, string> = {};
  const type = takeToken(input);
  while (input.length > 0) {
    take(input, ';');
    while (input[0] === ' ') input.shift();
    const name = takeToken(input);
    if (name in parameters) throw new Error(`${name} stands twice`);
    take(input, '=');
    if (name.endsWith('*')) parameters[name] = takeExtended(input);
    else if (input[0] === '"') parameters[name] = takeQuoted(input);
    else parameters[name] = takeToken(input);
  }
  return { type, parameters };
}

function take(input: string[], expected: string): void {
  const found = input.shift();
  if (found !== expected) {
    throw new Error(`${String(found)} stands where ${expected} should`);
  }
}

function takeToken(input: string[]): string {
  let token = '';
  while (input.length > 0 && TCHAR.test(input[0])) token += input.shift();
  if (token === '') throw new Error('a token is missing');
  return token;
}

function takeQuoted(input: string[]): string {
  let text = '';
  take(input, '"');
  while (input.length > 0 && input[0] !== '"') {
    if (input[0] === '\\') input.shift();
    const character = input.shift() ?? '';
    if (!/^[\x20-\x7E]$/.test(character)) {
      throw new Error('a quoted string holds more than printable ASCII');
    }
    text += character;
  }
  take(input, '"');
  return text;
}

function takeExtended(input: string[]): string {
  for (const character of "UTF-8''") take(input, character);
  const bytes: number[] = [];
  while (input.length > 0 && input[0] !== ';') {
    const character = input.shift() ?? '';
    if (character === '%') {
      const digits = input.splice(0, 2).join('');
      if (!/^[0-9A-F]{2}$/.test(digits)) throw new Error(`%${digits}`);
      bytes.push(parseInt(digits, 16));
    } else {
      if (!ATTR_CHAR.test(character)) throw new Error(`${character} is bare`);
      bytes.push(character.charCodeAt(0));
    }
  }
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
    Uint8Array.from(bytes),
  );
}
