import { type Finding, found, problem, type Trap } from '../finding.js';
import {
  type Directive,
  directivesNamed,
  everyDirective,
} from '../syntax/directive.js';

const TOLD_BY = /\{(?:rp|http\.reverse_proxy)\.header\.([\w-]+)\}/;
const NOT_COPIED = problem(
  'headers-not-copied',
  'Nothing of what the application says is left: no name for the download, no type, no cookies.',
  'Write copy_response_headers with `exclude X-Accel-Redirect Content-Length Content-Encoding` and the like.',
);
const LENGTH = problem(
  'length-copied',
  'The length of the empty answer is copied: an error gets a length that is not its own.',
  'Write Content-Length behind `exclude`.',
);
const CODING = problem(
  'coding-copied',
  'The coding of the empty answer is copied onto a file that does not have it: the client cannot read it.',
  'Write Content-Encoding behind `exclude`.',
);
const EVERYTHING = problem(
  'root-is-root',
  'The application can have every file sent that Caddy can read, /etc/passwd among them.',
  'Write the directory of the downloads: `root * /srv/media`.',
);
const QUERY = problem(
  'rewritten-query',
  'Caddy up to 2.6 fills in placeholders behind the question mark: a file name can ask for environment variables.',
  'Write it without the question mark at its end.',
);

/**
 * Whether a file is sent by this handle_response.
 *
 * @internal
 */
export function isOffload({ block = [] }: Directive): boolean {
  return everyDirective(block).some(({ name }) => name === 'file_server');
}

/**
 * What a handle_response lacks by which files go out.
 *
 * @internal
 */
export function answerTraps(answer: Directive): Finding[] {
  const every = everyDirective(answer.block ?? []);
  return [
    ...copyTraps(answer, every),
    ...every.filter(isWholeDisk).map((root) => found(EVERYTHING, root)),
    ...every
      .filter(({ name }) => name === 'rewrite')
      .filter(({ values }) => /\}\?$/.test(values.at(-1) ?? ''))
      .map((rewrite) => found(QUERY, rewrite)),
  ];
}

function copyTraps(answer: Directive, every: readonly Directive[]): Finding[] {
  const copies = every.filter(({ name }) => name === 'copy_response_headers');
  if (copies.length === 0) return [found(NOT_COPIED, answer)];
  const header = headerOf(every);
  const removed = directivesNamed(every, 'header').map(({ values }) =>
    values.at(-1)?.toLowerCase(),
  );
  const traps: readonly (readonly [string, Trap])[] = [
    [header, copied(header)],
    ['Content-Length', LENGTH],
    ['Content-Encoding', CODING],
  ];
  return copies.flatMap((copy) =>
    traps
      .filter(([name]) => copiesHeader(copy, name.toLowerCase()))
      .filter(([name]) => !removed.includes(`-${name.toLowerCase()}`))
      .map(([, trap]) => found(trap, copy)),
  );
}

function copied(header: string): Trap {
  return problem(
    'header-leaks',
    `The client gets ${header}, which is a path, with every file.`,
    `Write ${header} behind \`exclude\`.`,
  );
}

function copiesHeader({ block = [] }: Directive, header: string): boolean {
  const named = (name: string): (string | undefined)[] =>
    directivesNamed(block, name).flatMap(({ values }) =>
      values.map((value) => value.toLowerCase()),
    );
  const included = named('include');
  if (included.length > 0) return included.includes(header);
  return !named('exclude').includes(header);
}

/** The header that says which file: any can. */
function headerOf(every: readonly Directive[]): string {
  const told = every
    .flatMap(({ values }) => values)
    .map((value) => TOLD_BY.exec(value)?.[1])
    .find((name) => name !== undefined);
  return told ?? 'X-Accel-Redirect';
}

/** By a directive of its own, or inside file_server. */
function isWholeDisk({ name, values }: Directive): boolean {
  return name === 'root' && values.at(-1) === '/';
}
