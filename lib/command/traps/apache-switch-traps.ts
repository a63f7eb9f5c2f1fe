import { type Finding, found, problem } from '../finding.js';
import { type Directive, everyDirective } from '../syntax/directive.js';

const OFF = problem(
  'offload-off',
  'mod_xsendfile is off here: the client gets the header, which is a path, and no file.',
  'Write XSendFile On.',
);

/**
 * Places where mod_xsendfile is off though the application offloads.
 *
 * @internal
 */
export function switchTraps(directives: readonly Directive[]): Finding[] {
  const every = everyDirective(directives);
  if (!every.some(({ name }) => name === 'xsendfile')) {
    const first =
      every.find(({ name }) => name === 'xsendfilepath') ??
      every.find(({ name }) => name === 'proxypass');
    return first ? [found(OFF, first)] : [];
  }
  return offIn(directives);
}

/** Off is right where a section inside turns it on. */
function offIn(block: readonly Directive[]): Finding[] {
  const isOnInside = everyDirective(block).some((other) =>
    isSwitch(other, 'on'),
  );
  return block.flatMap((directive) => [
    ...(isSwitch(directive, 'off') && !isOnInside
      ? [found(OFF, directive)]
      : []),
    ...offIn(directive.block ?? []),
  ]);
}

function isSwitch({ name, values }: Directive, value: string): boolean {
  return name === 'xsendfile' && values[0]?.toLowerCase() === value;
}
