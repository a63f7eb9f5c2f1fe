import { type Finding, found } from '../finding.js';
import { type Directive, everyDirective } from '../syntax/directive.js';
import {
  closedDirectories,
  knownDirectory,
  openDirectory,
  overlap,
} from './open-directory.js';

const SERVED = ['documentroot', 'alias', 'aliasmatch'];
const CLOSING = 'write Require all denied into a <Directory> section for it';

/**
 * Directories of XSendFilePath that Apache serves by itself, too.
 *
 * @internal
 */
export function openTraps(directives: readonly Directive[]): Finding[] {
  const every = everyDirective(directives);
  const denied = every.filter(isDenied).map(directoryOf);
  const closed = closedDirectories(
    every.filter(({ name }) => name === 'xsendfilepath').map(directoryOf),
  ).filter((directory) => !denied.includes(directory));
  return servedIn(directives, false).flatMap((served) => {
    const directory = directoryOf(served);
    return closed
      .filter((other) => directory !== undefined && overlap(directory, other))
      .map((other) => found(openDirectory(other, CLOSING), served));
  });
}

/**
 * @param isOutside whether the application takes all requests, by what stands outside
 */
function servedIn(
  block: readonly Directive[],
  isOutside: boolean,
): Directive[] {
  const isProxied =
    (isOutside || block.some(takesAll)) &&
    !everyDirective(block).some(
      ({ name, values }) => name === 'proxypass' && values.includes('!'),
    );
  return block.flatMap((directive) => [
    ...(isServed(directive, isProxied) ? [directive] : []),
    ...servedIn(directive.block ?? [], isProxied),
  ]);
}

/** An Alias is meant to be served, whatever is proxied. */
function isServed({ name }: Directive, isProxied: boolean): boolean {
  return SERVED.includes(name) && !(isProxied && name === 'documentroot');
}

function takesAll({ name, values, block = [] }: Directive): boolean {
  if (values[0] !== '/') return false;
  return (
    name === 'proxypass' ||
    (name === '<location' && block.some((inner) => inner.name === 'proxypass'))
  );
}

function isDenied({ name, block = [] }: Directive): boolean {
  return (
    name === '<directory' &&
    block.some(
      (inner) =>
        inner.name === 'require' &&
        inner.values.join(' ').toLowerCase() === 'all denied',
    )
  );
}

function directoryOf({ values }: Directive): string | undefined {
  return knownDirectory(values.at(-1) ?? '');
}
