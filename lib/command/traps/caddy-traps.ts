import { SPOOFABLE } from '../../backends/server-options.js';
import { type Finding, found, hint, problem } from '../finding.js';
import {
  type Directive,
  directivesNamed,
  everyDirective,
} from '../syntax/directive.js';
import { answerTraps, isOffload } from './caddy-answer-traps.js';

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
 * The known traps in a Caddyfile.
 *
 * @internal
 */
export function caddyTraps(directives: readonly Directive[]): Finding[] {
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
  return offloading.flatMap(({ directive, site, answers }) => [
    ...answers.flatMap(answerTraps),
    ...answers
      .filter(() => !handlesErrors(site))
      .map((answer) => found(NO_ERRORS, answer)),
    ...clientHeaders(directive),
  ]);
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
  const trap = hint(
    'client-headers',
    `A client can send ${passed.join(', ')}, and the application gets it: some libraries let it decide what is sent.`,
    `Write ${passed.map((name) => `header_up -${name}`).join(', ')}, each on a line of its own.`,
  );
  return [found(trap, proxy)];
}
