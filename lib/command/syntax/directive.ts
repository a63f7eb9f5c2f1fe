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
