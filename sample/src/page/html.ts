/** Markup that is safe to send. Only this file makes it. */
export class Markup {
  constructor(readonly text: string) {}
}

type Value = string | number | Markup | readonly Markup[] | undefined;

/** A template whose values are escaped, unless they are markup themselves; undefined is nothing. */
export function html(
  texts: TemplateStringsArray,
  ...values: readonly Value[]
): Markup {
  return new Markup(String.raw({ raw: texts }, ...values.map(markupOf)));
}

/** Text of the application's own that is markup, or a style sheet, as it stands. */
export function verbatim(text: string): Markup {
  return new Markup(text);
}

function markupOf(value: Value): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(markupOf).join('');
  return escape(String(value));
}

function escape(text: string): string {
  return text.replace(
    /[&<>"']/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
}
