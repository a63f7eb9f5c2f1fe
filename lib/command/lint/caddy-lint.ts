import { SPOOFABLE } from '../../backends/server-headers.js';
import {
  type Finding,
  found,
  hint,
  missingInclude,
  problem,
  type LintRule,
} from '../finding.js';
import {
  type Directive,
  directivesNamed,
  everyDirective,
} from '../syntax/directive.js';
import { openFindings } from './caddy-open-lint.js';
import { CADDY_STORE, foreignAmong } from './foreign-hosts.js';

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
export function answerFindings(answer: Directive): Finding[] {
  const every = everyDirective(answer.block ?? []);
  return [
    ...copyFindings(answer, every),
    ...every.filter(isWholeDisk).map((root) => found(EVERYTHING, root)),
    ...every
      .filter(({ name }) => name === 'rewrite')
      .filter(({ values }) => /\}\?$/.test(values.at(-1) ?? ''))
      .map((rewrite) => found(QUERY, rewrite)),
  ];
}

function copyFindings(
  answer: Directive,
  every: readonly Directive[],
): Finding[] {
  const copies = every.filter(({ name }) => name === 'copy_response_headers');
  if (copies.length === 0) return [found(NOT_COPIED, answer)];
  const header = headerOf(every);
  const removed = directivesNamed(every, 'header').map(({ values }) =>
    values.at(-1)?.toLowerCase(),
  );
  const findings: readonly (readonly [string, LintRule])[] = [
    [header, copied(header)],
    ['Content-Length', LENGTH],
    ['Content-Encoding', CODING],
  ];
  return copies.flatMap((copy) =>
    findings
      .filter(([name]) => copiesHeader(copy, name.toLowerCase()))
      .filter(([name]) => !removed.includes(`-${name.toLowerCase()}`))
      .map(([, rule]) => found(rule, copy)),
  );
}

function copied(header: string): LintRule {
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
  const given = every
    .flatMap(({ values }) => values)
    .map((value) => TOLD_BY.exec(value)?.[1])
    .find((name) => name !== undefined);
  return given ?? 'X-Accel-Redirect';
}

/** By a directive of its own, or inside file_server. */
function isWholeDisk({ name, values }: Directive): boolean {
  return name === 'root' && values.at(-1) === '/';
}

const NO_ANSWER = problem(
  'no-handle-response',
  'Caddy does not look at X-Accel-Redirect by itself: the client gets the header, which is a path, and an empty answer.',
  'Give reverse_proxy a handle_response for it: `npx nestjs-downloadview config caddy` prints one.',
);
const NO_ERRORS = problem(
  'no-handle-errors',
  'A file that is gone by now is a 404 with the headers of the file: its name, its tag, and how long to keep it.',
  'Write handle_errors for the site, with `header Cache-Control no-store` and `header -Content-Disposition`.',
);

/** A reverse_proxy, and the site that it is in. */
interface Proxy {
  readonly directive: Directive;
  readonly site: readonly Directive[];
}

/**
 * The known mistakes in a Caddyfile.
 *
 * @internal
 */
export function caddyFindings(directives: readonly Directive[]): Finding[] {
  return [
    ...siteFindings(directives),
    ...openFindings(sitesOf(directives)),
    ...everyDirective(directives)
      .filter(({ name }) => name === 'import')
      .filter(({ values: [name = ''] }) => isFileName(name))
      .map((include) =>
        found(
          missingInclude('Caddy', include.values[0] ?? '', INCLUDES),
          include,
        ),
      ),
  ];
}

const INCLUDES =
  'a relative name counts from the file that the import stands in. For files that may be missing write a pattern, `sites/*`.';

/** Otherwise it may be a snippet that stands in another file. */
function isFileName(name: string): boolean {
  return /[./]/.test(name);
}

function siteFindings(directives: readonly Directive[]): Finding[] {
  const proxies = proxiesOf(directives);
  const offloading = proxies.flatMap((proxy) => {
    const answers = directivesNamed(
      proxy.directive.block ?? [],
      'handle_response',
    ).filter(isOffload);
    return answers.length > 0 ? [{ ...proxy, answers }] : [];
  });
  if (offloading.length === 0) {
    return proxies.map(({ directive }) => found(NO_ANSWER, directive));
  }
  return [
    ...offloading.flatMap(({ directive, site, answers }) => [
      ...answers.flatMap(answerFindings),
      ...answers
        .filter(() => !handlesErrors(site))
        .map((answer) => found(NO_ERRORS, answer)),
      ...clientHeaders(directive),
      ...forwardedFindings(directive),
    ]),
    ...foreignAmong(offloading, ({ directive }) => addressesOf(directive)).map(
      ({ directive }) => found(CADDY_STORE, directive),
    ),
  ];
}

/** Behind a matcher, and by `to`. */
function addressesOf({ values, block = [] }: Directive): string[] {
  return [
    ...values,
    ...directivesNamed(block, 'to').flatMap((to) => to.values),
  ].filter((value) => !/^[/@*]|\{/.test(value));
}

const FORWARDED = problem(
  'forwarded-for',
  'X-Forwarded-For is what the client says: it chooses its address, for limits, logs and links that are bound to one.',
  'Leave it to Caddy, and name as trusted_proxies only the addresses of proxies that are in front.',
);
const EVERYBODY = ['0.0.0.0/0', '::/0'];

/** Caddy says by itself whom the request is from, unless it is told to believe it. */
function forwardedFindings({ block = [] }: Directive): Finding[] {
  return block
    .filter(({ name, values }) =>
      name === 'trusted_proxies'
        ? values.some((range) => EVERYBODY.includes(range))
        : name === 'header_up' && isForwarded(values),
    )
    .map((directive) => found(FORWARDED, directive));
}

function isForwarded([name = '', value = '']: readonly string[]): boolean {
  return (
    name.toLowerCase() === 'x-forwarded-for' &&
    /header\.x-forwarded-for\}|^\{>x-forwarded-for\}$/i.test(value)
  );
}

/** Without blocks around it, all of the text is one site. */
function proxiesOf(directives: readonly Directive[]): Proxy[] {
  return directives.flatMap((top) =>
    everyDirective([top])
      .filter(({ name }) => name === 'reverse_proxy')
      .map((directive) => ({
        directive,
        site: isSiteDirective(top) ? directives : (top.block ?? []),
      })),
  );
}

/** What stands in each of them; global options are none. */
function sitesOf(directives: readonly Directive[]): (readonly Directive[])[] {
  return directives.some(isSiteDirective)
    ? [directives]
    : directives.flatMap(({ name, block }) =>
        block && name !== '' ? [block] : [],
      );
}

/** What a part of a site begins with, where it stands alone. */
function isSiteDirective({ name }: Directive): boolean {
  return /^(?:reverse_proxy|route|handle|handle_path)$/.test(name);
}

function handlesErrors(site: readonly Directive[]): boolean {
  return everyDirective(site).some(({ name }) => name === 'handle_errors');
}

function clientHeaders(proxy: Directive): Finding[] {
  const removed = directivesNamed(proxy.block ?? [], 'header_up').map(
    ({ values }) => values[0]?.toLowerCase(),
  );
  const passed = SPOOFABLE.filter(
    (name) => !removed.includes(`-${name.toLowerCase()}`),
  );
  if (passed.length === 0) return [];
  const rule = hint(
    'client-headers',
    `A client can send ${passed.join(', ')}, and the application gets it: some libraries let it decide what is sent.`,
    `Write ${passed.map((name) => `header_up -${name}`).join(', ')}, each on a line of its own.`,
  );
  return [found(rule, proxy)];
}
