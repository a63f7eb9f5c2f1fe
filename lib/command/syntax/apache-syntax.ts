import {
  type Directive,
  type Included,
  UnreadableConfigurationError,
} from './directive.js';

/** Sections that ask only whether the rest is to be read. */
const TRANSPARENT = /^<(?:ifmodule|ifdefine|ifversion|iffile)$/;

interface Line {
  readonly text: string;
  readonly line: number;
}

/** A section that is open. */
interface Section {
  readonly directive?: Directive;
  readonly block: Directive[];
}

/**
 * Reads a configuration of Apache, or a part of one. Names are in lower case; a section is named as its
 * opening is, `<location`. What stands in `<IfModule>` and its like counts as if it stood outside. Files that
 * it includes stand in the place of the `Include`; one that misses its file stays.
 *
 * @param file its name, for places
 * @throws UnreadableConfigurationError
 * @internal
 */
export function parseApache(
  text: string,
  file: string,
  included: Included = () => [],
): Directive[] {
  return parsePart(text, file, { included, open: [], root: undefined });
}

interface Reading {
  readonly included: Included;
  /** The files that are being read, each included by the one before. */
  readonly open: readonly string[];
  /** ServerRoot, which relative names count from. */
  root: string | undefined;
}

function parsePart(text: string, file: string, reading: Reading): Directive[] {
  const top: Section = { block: [] };
  const open: Section[] = [top];
  for (const { text: content, line } of linesOf(text)) {
    const place = { file, line };
    const current = open.at(-1) ?? top;
    if (content.startsWith('</')) {
      closeSection(open, content, place);
    } else {
      const isSection = content.startsWith('<');
      const [first = '', ...values] = wordsOf(
        isSection ? content.replace(/>\s*$/, '') : content,
      );
      const directive = { name: first.toLowerCase(), values, place };
      if (isSection) {
        const block: Directive[] = TRANSPARENT.test(directive.name)
          ? current.block
          : [];
        const section = { ...directive, block };
        if (block !== current.block) current.block.push(section);
        open.push({ directive: section, block });
      } else {
        if (directive.name === 'serverroot') reading.root = values[0];
        const isCertain = !open.some((section) =>
          TRANSPARENT.test(section.directive?.name ?? ''),
        );
        current.block.push(
          ...(includedIn(directive, isCertain, reading) ?? [directive]),
        );
      }
    }
  }
  const unclosed = open.at(-1)?.directive;
  if (!unclosed) return top.block;
  throw new UnreadableConfigurationError(
    unclosed.place,
    'The section that opens here is never closed.',
  );
}

/**
 * @param isCertain whether it is read in any case
 */
function includedIn(
  { name, values: [pattern], place }: Directive,
  isCertain: boolean,
  reading: Reading,
): Directive[] | undefined {
  if (!/^include(?:optional)?$/.test(name) || pattern === undefined) {
    return undefined;
  }
  // What a variable stands for is known where Apache is started.
  if (pattern.includes('${')) return [];
  const { included, root: base } = reading;
  const needs = name === 'include' && isCertain ? 'match' : 'nothing';
  const open = [...reading.open, place.file];
  return included(pattern, { base, needs })
    ?.filter((other) => !open.includes(other.file))
    .flatMap((other) =>
      parsePart(other.text, other.file, { ...reading, open }),
    );
}

function closeSection(
  open: Section[],
  content: string,
  place: Directive['place'],
): void {
  const name = `<${/^<\/\s*(\w*)/.exec(content)?.[1] ?? ''}`.toLowerCase();
  if (open.at(-1)?.directive?.name !== name) {
    throw new UnreadableConfigurationError(
      place,
      'This closes a section that is not the one that is open.',
    );
  }
  open.pop();
}

/** Lines that say something; a backslash at the end of one joins the next to it. */
function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  let begun: Line | undefined;
  text.split(/\r?\n/).forEach((part, index) => {
    const isContinued = /(?:^|[^\\])\\$/.test(part);
    const joined: Line = {
      text: (begun?.text ?? '') + (isContinued ? part.slice(0, -1) : part),
      line: begun?.line ?? index + 1,
    };
    begun = isContinued ? joined : undefined;
    if (!isContinued) lines.push(joined);
  });
  if (begun) lines.push(begun);
  return lines
    .map(({ text: line, ...rest }) => ({ ...rest, text: line.trim() }))
    .filter(({ text: line }) => line !== '' && !line.startsWith('#'));
}

function wordsOf(text: string): string[] {
  const words = text.match(
    /"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|\S+/g,
  );
  return (words ?? []).map((word) =>
    /^(["']).*\1$/s.test(word)
      ? word.slice(1, -1).replace(/\\(["'\\])/g, '$1')
      : word,
  );
}
