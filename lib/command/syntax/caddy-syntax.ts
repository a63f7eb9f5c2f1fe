import { dirname } from 'node:path';

import {
  type Directive,
  type Included,
  UnreadableConfigurationError,
  type Token,
  TokenReader,
  tokensOf,
} from './directive.js';

// A brace opens a block at the end of a line, and closes one on a line of its own; others are placeholders.
const SYNTAX =
  /[ \t\r\uFEFF]+|\\\r?\n|#[^\n]*|(?<line>\n)|(?<open>\{(?=[ \t\r]*(?:#[^\n]*)?(?:\n|$)))|(?<close>\}(?=\s|$))|(?<heredoc><<(?<mark>[\w-]+)\r?\n[\s\S]*?\n[ \t]*\k<mark>(?=\s|$))|(?<quoted>"(?:\\[\s\S]|[^"\\])*"|`[^`]*`)|(?<word>[^\s"`](?:[^\s\\]|\\(?!\r?\n))*)/;

/**
 * Reads a Caddyfile, or what stands in a site block of one. A snippet stands in the place of its `import`, and so
 * does a file; one that misses its file stays.
 *
 * @param file its name, for places
 * @throws UnreadableConfigurationError
 * @internal
 */
export function parseCaddy(
  text: string,
  file: string,
  included?: Included,
): Directive[] {
  const snippets = new Map<string, readonly Directive[]>();
  const imports: Imports = { included, snippets, open: [file], count: 0 };
  return withImports(parsePart(text, file, snippets), imports);
}

/** What stands in a text but its snippets, which are kept. */
function parsePart(
  text: string,
  file: string,
  snippets: Map<string, readonly Directive[]>,
): Directive[] {
  const reader = new TokenReader(tokensOf(text, file, SYNTAX), file);
  const directives = directivesOf(reader);
  if (reader.next) {
    reader.take();
    throw reader.unreadable('This brace closes nothing.');
  }
  const isSnippet = ({ name }: Directive): boolean => /^\(.+\)$/.test(name);
  for (const { name, block = [] } of directives.filter(isSnippet)) {
    snippets.set(name.slice(1, -1), block);
  }
  return directives.filter((directive) => !isSnippet(directive));
}

interface Imports {
  /** None where files are not looked for: each import of one stays. */
  readonly included: Included | undefined;
  readonly snippets: Map<string, readonly Directive[]>;
  /** Files and snippets that are being read, each imported by the one before. */
  readonly open: readonly string[];
  /** Of imports so far. */
  count: number;
}

/** More than anybody has; snippets that import others twice would double without an end. */
const MOST_IMPORTS = 10_000;

function withImports(
  directives: readonly Directive[],
  imports: Imports,
): Directive[] {
  return directives.flatMap((directive) => {
    const { name, values, block } = directive;
    const [imported] = name === 'import' ? values : [];
    if (imported !== undefined) {
      imports.count += 1;
      if (imports.count > MOST_IMPORTS) {
        throw new UnreadableConfigurationError(
          directive.place,
          `It imports more than ${MOST_IMPORTS} times: some imports bring each other along.`,
        );
      }
      return importedBy(imported, directive, imports) ?? [directive];
    }
    return block
      ? [{ ...directive, block: withImports(block, imports) }]
      : [directive];
  });
}

function importedBy(
  name: string,
  { place }: Directive,
  imports: Imports,
): Directive[] | undefined {
  const within = (part: string, read: () => readonly Directive[]) => {
    const inner = { ...imports, open: [...imports.open, part] };
    const directives = withImports(read(), inner);
    imports.count = inner.count;
    return directives;
  };
  const { snippets, open, included } = imports;
  const snippet = snippets.get(name);
  if (snippet && open.includes(`(${name})`)) return undefined;
  if (snippet) return within(`(${name})`, () => snippet);
  // What a placeholder stands for is known where Caddy is started.
  if (name.includes('{')) return [];
  return included?.(name, { base: dirname(place.file) })
    ?.filter(({ file }) => !open.includes(file))
    .flatMap(({ file, text }) =>
      within(file, () => parsePart(text, file, snippets)),
    );
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
  const directive = { name, values, place: reader.destinationOf(start) };
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
