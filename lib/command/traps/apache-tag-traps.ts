import { type Finding, found, problem } from '../finding.js';
import { type Directive, everyDirective } from '../syntax/directive.js';

const CONSTANT = problem(
  'constant-tag',
  'Every file that comes without a tag gets "0": after a change clients keep the old file, and resumed downloads mix both.',
  'Write FileETag None beside it.',
);
const IGNORED = problem(
  'tag-ignored',
  'mod_xsendfile drops the tag of the application, and every file gets "0": after a change clients keep the old file.',
  'Leave XSendFileIgnoreEtag out.',
);
/** Sections that hold for every answer. */
const EVERYWHERE = [
  '<location /',
  '<proxy *',
  '<locationmatch ^/',
  '<locationmatch .*',
];

/**
 * Tags that do not tell one file from another.
 *
 * @internal
 */
export function tagTraps(directives: readonly Directive[]): Finding[] {
  return [
    ...everyDirective(directives)
      .filter((directive) => is(directive, 'xsendfileignoreetag', 'on'))
      .map((directive) => found(IGNORED, directive)),
    ...constantIn(directives, false),
  ];
}

/**
 * @param isCured whether `FileETag None` holds outside
 */
function constantIn(block: readonly Directive[], isCured: boolean): Finding[] {
  const cured =
    isCured ||
    block.some(
      (directive) =>
        cures(directive) ||
        (coversAll(directive) && directive.block?.some(cures)),
    );
  return block.flatMap((directive) => [
    ...(is(directive, 'xsendfile', 'on') && !cured
      ? [found(CONSTANT, directive)]
      : []),
    ...constantIn(directive.block ?? [], cured),
  ]);
}

function cures(directive: Directive): boolean {
  return is(directive, 'fileetag', 'none');
}

function coversAll({ name, values }: Directive): boolean {
  return EVERYWHERE.includes([name, ...values].join(' '));
}

function is(
  { name, values }: Directive,
  expected: string,
  value: string,
): boolean {
  return name === expected && values[0]?.toLowerCase() === value;
}
