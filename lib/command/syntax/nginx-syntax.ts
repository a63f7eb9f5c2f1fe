import {
  type Directive,
  type Included,
  UnreadableConfigurationError,
  TokenReader,
  tokensOf,
} from './directive.js';

const SYNTAX =
  /\s+|#[^\n]*|(?<open>\{)|(?<close>\})|(?<end>;)|(?<quoted>"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*')|(?<word>(?:\\[\s\S]|\$\{[^}]*\}|[^\s;{"'\\])(?:\\[\s\S]|\$\{[^}]*\}|[^\s;{\\])*)/;

/**
 * Reads a configuration of nginx, or a part of one. Files that it includes stand in the place of the
 * `include`; one that misses its file stays.
 *
 * @param file its name, for places
 * @throws UnreadableConfigurationError
 * @internal
 */
export function parseNginx(
  text: string,
  file: string,
  included: Included = () => [],
  outer: readonly string[] = [],
): Directive[] {
  const tokens = tokensOf(withoutLua(text), file, SYNTAX);
  const reader = new TokenReader(tokens, file);
  const open = [...outer, file];
  const include = (pattern: string): Directive[] | undefined =>
    included(pattern)
      ?.filter((other) => !open.includes(other.file))
      .flatMap((other) => parseNginx(other.text, other.file, included, open));
  const directives = directivesOf(reader, include);
  if (reader.next) {
    reader.take();
    throw reader.unreadable('This brace closes nothing.');
  }
  return directives;
}

function directivesOf(
  reader: TokenReader,
  include: (pattern: string) => Directive[] | undefined,
): Directive[] {
  const directives: Directive[] = [];
  while (reader.next && reader.next.kind !== 'close') {
    const directive = directiveOf(reader, include);
    const [pattern] = directive.values;
    const isInclude = directive.name === 'include' && pattern !== undefined;
    const inPlace = isInclude ? include(pattern) : undefined;
    directives.push(...(inPlace ?? [directive]));
  }
  return directives;
}

function directiveOf(
  reader: TokenReader,
  include: (pattern: string) => Directive[] | undefined,
): Directive {
  const words: string[] = [];
  const first = reader.next;
  while (reader.next?.kind === 'word' || reader.next?.kind === 'quoted') {
    const token = reader.take();
    if (token) words.push(plain(token.text));
  }
  const [name, ...values] = words;
  if (first === undefined || name === undefined) {
    reader.take();
    throw reader.unreadable('A directive is missing here.');
  }
  const directive = { name, values, place: reader.destinationOf(first) };
  if (reader.takeIf('end')) return directive;
  if (!reader.takeIf('open')) {
    throw reader.unreadable('The directive ends without a semicolon.');
  }
  const block = directivesOf(reader, include);
  if (reader.takeIf('close')) return { ...directive, block };
  throw new UnreadableConfigurationError(
    directive.place,
    'The block that opens here is never closed by a brace.',
  );
}

/** nginx reads `$` and most backslashes only later. */
function plain(text: string): string {
  const unquoted = /^["']/.test(text) ? text.slice(1, -1) : text;
  return unquoted.replace(/\\(["'\\ ])/g, '$1');
}

/** Lua has a syntax of its own: its blocks are emptied, their lines kept. */
function withoutLua(text: string): string {
  let rest = text;
  for (const { 0: opening, index } of text.matchAll(/_by_lua_block\s*\{/g)) {
    const start = index + opening.length;
    const end = endOfLua(text, start);
    const blank = text.slice(start, end).replace(/[^\n]/g, ' ');
    rest = rest.slice(0, start) + blank + rest.slice(end);
  }
  return rest;
}

/** Where the brace stands that closes a block; braces in strings and comments count for nothing. */
function endOfLua(text: string, start: number): number {
  const pieces = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|--[^\n]*|[{}]/g;
  pieces.lastIndex = start;
  let depth = 1;
  for (let piece = pieces.exec(text); piece; piece = pieces.exec(text)) {
    if (piece[0] === '{') depth++;
    if (piece[0] === '}' && --depth === 0) return piece.index;
  }
  return text.length;
}
