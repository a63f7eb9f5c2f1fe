/** Markup that is safe to send. Only `html` makes it. */
export class Markup {
  constructor(readonly text: string) {}
}

type Value = string | Markup | readonly Markup[];

/** A template whose values are escaped, unless they are markup themselves. */
export function html(
  texts: TemplateStringsArray,
  ...values: readonly Value[]
): Markup {
  return new Markup(String.raw({ raw: texts }, ...values.map(markupOf)));
}

function markupOf(value: Value): string {
  if (typeof value === 'string') return escape(value);
  if (value instanceof Markup) return value.text;
  return value.map(({ text }) => text).join('');
}

function escape(text: string): string {
  return text.replace(
    /[&<>"']/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
}
