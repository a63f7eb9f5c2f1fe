import {
  type Included,
  type Place,
  type Token,
  TokenReader,
  tokensOf,
} from './directive.js';

const SYNTAX =
  /\s+|#[^\n]*|(?<condition>\$\w+(?:\s*\[\s*"[^"]*"\s*\])?)|(?<arrow>=>)|(?<compare>==|!=|=~|!~|=\^|=\$)|(?<assign>\+=|:=|=)|(?<plus>\+)|(?<comma>,)|(?<listOpen>\()|(?<listClose>\))|(?<open>\{)|(?<close>\})|(?<text>"(?:\\[\s\S]|[^"\\])*"|'[^']*')|(?<word>[\w.:/*-]+)/;

/**
 * A value: a text or number, or a list.
 *
 * @internal
 */
export interface Value {
  readonly place: Place;
  readonly text?: string;
  readonly items?: readonly Item[];
}

/**
 * @internal
 */
export interface Item {
  readonly key?: string;
  readonly place: Place;
  readonly value: Value;
}

/**
 * @internal
 */
export interface Setting {
  readonly name: string;
  readonly value: Value;
  readonly place: Place;
  /** The conditions that it stands in, from the outermost; each one has a number of its own. */
  readonly conditions: readonly number[];
}

/**
 * Reads a configuration of lighttpd, or a part of one. Files that it includes stand in the place of the
 * `include`; one that misses its file stays as a setting of that name.
 *
 * @param file its name, for places
 * @throws UnreadableConfigurationError
 * @internal
 */
export function parseLighttpd(
  text: string,
  file: string,
  included: Included = () => [],
): Setting[] {
  return parsePart(text, file, { included, open: [], around: [], count: 0 });
}

interface Reading {
  readonly included: Included;
  /** The files that are being read, each included by the one before. */
  readonly open: readonly string[];
  /** The conditions around the part that is read. */
  readonly around: readonly number[];
  /** Of conditions so far. */
  count: number;
}

function parsePart(text: string, file: string, reading: Reading): Setting[] {
  const reader = new TokenReader(tokensOf(text, file, SYNTAX), file);
  const settings: Setting[] = [];
  const conditions: number[] = [];
  for (let token = reader.take(); token; token = reader.take()) {
    if (token.kind === 'close') {
      if (conditions.pop() === undefined) {
        throw reader.unreadable('This brace closes nothing.');
      }
    } else if (token.kind === 'open') {
      conditions.push(++reading.count);
    } else if (token.kind === 'word' && reader.takeIf('assign')) {
      const value = expressionOf(reader);
      const place = reader.destinationOf(token);
      const name = token.text;
      const all = [...reading.around, ...conditions];
      settings.push({ name, value, place, conditions: all });
    } else if (token.text === 'include' && reader.next?.kind === 'text') {
      const value = expressionOf(reader);
      const place = reader.destinationOf(token);
      const around = [...reading.around, ...conditions];
      const setting = { name: 'include', value, place, conditions: around };
      settings.push(...(includedBy(setting, reading) ?? [setting]));
    }
    // What is left are conditions, and includes whose names are put together of variables.
  }
  if (conditions.length === 0) return settings;
  throw reader.unreadable('A block is never closed by a brace.');
}

function includedBy(
  { value: { text = '' }, place, conditions: around }: Setting,
  reading: Reading,
): Setting[] | undefined {
  const open = [...reading.open, place.file];
  return reading
    .included(text)
    ?.filter((other) => !open.includes(other.file))
    .flatMap((other) => {
      const inner = { ...reading, open, around };
      const settings = parsePart(other.text, other.file, inner);
      reading.count = inner.count;
      return settings;
    });
}

/** Values, joined by `+`. */
function expressionOf(reader: TokenReader): Value {
  let value = valueOf(reader);
  while (reader.takeIf('plus')) {
    const further = valueOf(reader);
    value =
      value.items && further.items
        ? { ...value, items: [...value.items, ...further.items] }
        : { ...value, text: `${value.text ?? ''}${further.text ?? ''}` };
  }
  return value;
}

function valueOf(reader: TokenReader): Value {
  const token = reader.take();
  if (!token) throw reader.unreadable('A value is missing here.');
  const place = reader.destinationOf(token);
  if (token.kind === 'text' || token.kind === 'word') {
    return { place, text: plain(token) };
  }
  if (token.kind !== 'listOpen') {
    throw reader.unreadable('A value is missing here.');
  }
  const items: Item[] = [];
  while (!reader.takeIf('listClose')) {
    items.push(itemOf(reader));
    if (!reader.takeIf('comma') && reader.next?.kind !== 'listClose') {
      throw reader.unreadable('A list is never closed.');
    }
  }
  return { place, items };
}

function itemOf(reader: TokenReader): Item {
  const value = expressionOf(reader);
  const { place, text } = value;
  if (text === undefined || !reader.takeIf('arrow')) return { place, value };
  return { key: text, place, value: expressionOf(reader) };
}

function plain({ kind, text }: Token): string {
  return kind === 'text' ? text.slice(1, -1).replaceAll('\\"', '"') : text;
}
