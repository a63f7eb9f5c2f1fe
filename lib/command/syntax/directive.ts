/**
 * Where something stands in a configuration.
 *
 * @internal
 */
export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/**
 * A name, what follows it, and the block that it opens: a directive of nginx, Apache or Caddy, and a
 * section of Apache.
 *
 * @internal
 */
export interface Directive {
  readonly name: string;
  /** Without their quotes. */
  readonly values: readonly string[];
  readonly place: Place;
  readonly block?: readonly Directive[];
}

/**
 * What an `include` stands for: the files, none where they are not known, and undefined where the server would
 * miss one.
 *
 * @param name a file, or a pattern
 * @internal
 */
export type Included = (
  name: string,
  how?: IncludeRule,
) => readonly IncludedFile[] | undefined;

/**
 * @internal
 */
export interface IncludeRule {
  /** The directory that a relative name counts from; that of the configuration by default. */
  readonly base?: string;
  /** Whether a pattern must stand for a file, too, or nothing needs to be there; a name needs its file by default. */
  readonly needs?: 'file' | 'match' | 'nothing';
}

/**
 * @internal
 */
export interface IncludedFile {
  readonly file: string;
  readonly text: string;
}

/**
 * A configuration that its server would not read either.
 *
 * @internal
 */
export class UnreadableConfigurationError extends Error {
  constructor(
    readonly place: Place,
    message: string,
  ) {
    super(message);
  }
}

/**
 * @internal
 */
export function directivesNamed(
  directives: readonly Directive[],
  name: string,
): Directive[] {
  return directives.filter((directive) => directive.name === name);
}

/**
 * Directives with all that stand in their blocks, in the order of the text.
 *
 * @internal
 */
export function everyDirective(directives: readonly Directive[]): Directive[] {
  return directives.flatMap((directive) => [
    directive,
    ...everyDirective(directive.block ?? []),
  ]);
}

/**
 * A piece of a configuration.
 *
 * @internal
 */
export interface Token {
  /** The name of the group in the syntax: `word`. */
  readonly kind: string;
  readonly text: string;
  readonly line: number;
}

/**
 * Cuts a text into tokens. What matches none of the syntax's named groups, such as blanks and comments, is
 * left out.
 *
 * @param syntax sticky; each alternative that counts is a named group
 * @throws UnreadableConfigurationError where nothing of the syntax stands
 * @internal
 */
export function tokensOf(text: string, file: string, syntax: RegExp): Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(syntax.source, 'y');
  // In the order of their numbers: to go through them by name takes ten times as long.
  const kinds = [...syntax.source.matchAll(/\(\?<(\w+)>/g)].map(
    ([, kind = '']) => kind,
  );
  let line = 1;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (!match) {
      throw new UnreadableConfigurationError(
        { file, line },
        'A quote opens here that is never closed, or a character stands here that means nothing.',
      );
    }
    const number = kinds.findIndex((_, index) => match[index + 1]);
    const kind = kinds[number];
    if (kind !== undefined) {
      tokens.push({ kind, text: match[number + 1] ?? '', line });
    }
    line += match[0].split('\n').length - 1;
  }
  return tokens;
}

/**
 * Reads tokens one after the other.
 *
 * @internal
 */
export class TokenReader {
  #next = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly file: string,
  ) {}

  /** The next one, which stays the next one. */
  get next(): Token | undefined {
    return this.tokens[this.#next];
  }

  take(): Token | undefined {
    return this.tokens[this.#next++];
  }

  /** Takes the next one if it is of this kind. */
  takeIf(kind: string): Token | undefined {
    return this.next?.kind === kind ? this.take() : undefined;
  }

  destinationOf({ line }: Pick<Token, 'line'>): { file: string; line: number } {
    return { file: this.file, line };
  }

  /** The error for what cannot be understood, at the token that was taken last. */
  unreadable(message: string): UnreadableConfigurationError {
    const last = this.tokens[Math.min(this.#next, this.tokens.length) - 1];
    return new UnreadableConfigurationError(
      this.destinationOf(last ?? { line: 1 }),
      message,
    );
  }
}
