import {
  type Directive,
  UnreadableConfigurationError,
  type Token,
  TokenReader,
  tokensOf,
} from './directive.js';

// A brace opens a block at the end of a line, and closes one on a line of its own; others are placeholders.
const SYNTAX =
  /[ \t\r\uFEFF]+|\\\r?\n|#[^\n]*|(?<line>\n)|(?<open>\{(?=[ \t\r]*(?:#[^\n]*)?(?:\n|$)))|(?<close>\}(?=\s|$))|(?<heredoc><<(?<mark>[\w-]+)\r?\n[\s\S]*?\n[ \t]*\k<mark>(?=\s|$))|(?<quoted>"(?:\\[\s\S]|[^"\\])*"|`[^`]*`)|(?<word>[^\s"`](?:[^\s\\]|\\(?!\r?\n))*)/;

/**
 * Reads a Caddyfile, or what stands in a site block of one. A snippet stands in the place of its `import`.
 *
 * @param file its name, for places
 * @throws UnreadableConfigurationError
 * @internal
 */
export function parseCaddy(text: string, file: string): Directive[] {
  const reader = new TokenReader(tokensOf(text, file, SYNTAX), file);
  const directives = directivesOf(reader);
  if (reader.next) {
    reader.take();
    throw reader.unreadable('This brace closes nothing.');
  }
  const snippets = new Map(
    directives
      .filter(({ name }) => /^\(.+\)$/.test(name))
      .map(({ name, block }) => [name.slice(1, -1), block ?? []]),
  );
  return withSnippets(
    directives.filter(({ name }) => !snippets.has(name.slice(1, -1))),
    snippets,
  );
}

function withSnippets(
  directives: readonly Directive[],
  snippets: ReadonlyMap<string, readonly Directive[]>,
): Directive[] {
  return directives.flatMap((directive) => {
    const { name, values, block } = directive;
    const [imported = ''] = name === 'import' ? values : [];
    const snippet = snippets.get(imported);
    if (snippet) {
      const others = new Map(snippets);
      others.delete(imported);
      return withSnippets(snippet, others);
    }
    return block
      ? [{ ...directive, block: withSnippets(block, snippets) }]
      : [directive];
  });
}

function directivesOf(reader: TokenReader): Directive[] {
  const directives: Directive[] = [];
  for (;;) {
    while (reader.takeIf('line'));
    if (!reader.next || reader.next.kind === 'close') return directives;
    directives.push(directiveOf(reader));
  }
}

function directiveOf(reader: TokenReader): Directive {
  const words: string[] = [];
  let first: Token | undefined;
  while (reader.next && !['line', 'open', 'close'].includes(reader.next.kind)) {
    const token = reader.take();
    if (!token) break;
    first ??= token;
    words.push(plain(token));
  }
  const opening = reader.takeIf('open');
  const start = first ?? opening;
  if (!start) throw reader.unreadable('A directive is missing here.');
  const [name = '', ...values] = words;
  const directive = { name, values, place: reader.placeOf(start) };
  if (!opening) return directive;
  const block = directivesOf(reader);
  if (reader.takeIf('close')) return { ...directive, block };
  throw new UnreadableConfigurationError(
    directive.place,
    'The block that opens here is never closed by a brace.',
  );
}

function plain({ kind, text }: Token): string {
  if (kind === 'quoted') {
    const inner = text.slice(1, -1);
    return text.startsWith('"') ? inner.replaceAll('\\"', '"') : inner;
  }
  return kind === 'heredoc' ? text.split('\n').slice(1, -1).join('\n') : text;
}
