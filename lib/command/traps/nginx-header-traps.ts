import { quote } from '../../errors/quote.js';
import { type Finding, found, problem, type Trap } from '../finding.js';
import { type Directive, directivesNamed } from '../syntax/directive.js';
import { inForce, type Level } from './nginx-levels.js';

/** Headers without which an answer is less safe. */
const SECURITY =
  /^(?:content-security-policy(?:-report-only)?|x-content-type-options|x-frame-options|strict-transport-security|referrer-policy|permissions-policy|cross-origin-[a-z]+-policy|x-robots-tag)$/i;

/**
 * Headers that an outer block adds and that an inner one loses, since it adds others.
 *
 * @internal
 */
export function headerTraps(levels: readonly Level[]): Finding[] {
  return levels.flatMap((level) => {
    const [first, ...others] = directivesNamed(level.block, 'add_header');
    const merges = inForce(level, 'add_header_inherit')[0]?.values[0];
    if (!first || merges === 'merge') return [];
    const own = [first, ...others].map(nameOf);
    return inForce(level.outer, 'add_header')
      .filter((outer) => SECURITY.test(outer.values[0] ?? ''))
      .filter((outer) => !own.includes(nameOf(outer)))
      .map((outer) => found(lost(outer, first), first));
  });
}

function lost({ values, place }: Directive, inner: Directive): Trap {
  const [name = ''] = values;
  const where =
    place.file === inner.place.file
      ? `line ${place.line}`
      : `${quote(place.file)}, line ${place.line},`;
  return problem(
    'add-header-lost',
    `A block with an add_header of its own has none of the outer ones: ${name} of ${where} is lost here.`,
    `Repeat add_header ${name} in this block.`,
  );
}

function nameOf({ values }: Directive): string {
  return values[0]?.toLowerCase() ?? '';
}
