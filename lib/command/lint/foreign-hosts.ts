import { problem, type Finding, found } from '../finding.js';
import { type Directive, everyDirective } from '../syntax/directive.js';
import { hostOf, isOnInternet } from './nginx-upstreams.js';

const OBEYED = 'of the server that is asked here is obeyed: it has any file';

/**
 * Of servers that may have files sent, those that are not the application: it shares its files with the server
 * in front, so where one nearby is asked, others on the internet are somebody else's.
 *
 * @param addressesOf where it is asked: `https://host:port/path`, `host:port` or `host`
 * @internal
 */
export function foreignAmong<Asked>(
  asked: readonly Asked[],
  addressesOf: (one: Asked) => readonly string[],
): Asked[] {
  const foreign = asked.filter((one) =>
    addressesOf(one).some((address) => isOnInternet(nameOf(address))),
  );
  return foreign.length < asked.length ? foreign : [];
}

function nameOf(address: string): string {
  return hostOf(address.replace(/^\w+:\/\//, '').replace(/\/.*$/, ''));
}

/**
 * @internal
 */
export const CADDY_STORE = problem(
  'store-is-obeyed',
  `An X-Accel-Redirect ${OBEYED} of the root sent.`,
  'Give this reverse_proxy no handle_response that sends files.',
);

/**
 * @internal
 */
export const LIGHTTPD_STORE = problem(
  'store-is-obeyed',
  `An X-Sendfile ${OBEYED} of x-sendfile-docroot sent.`,
  'Leave "x-sendfile" out for this host.',
);

const APACHE_STORE = problem(
  'store-is-obeyed',
  `An X-Sendfile ${OBEYED} of XSendFilePath sent.`,
  'Write XSendFile Off into a <Location> for its path.',
);

/** What Apache asks another server for, and whether mod_xsendfile looks at the answers. */
interface Pass {
  readonly directive: Directive;
  readonly address: string;
  readonly isOn: boolean;
}

/**
 * Servers of somebody else that Apache obeys as it does the application.
 *
 * @internal
 */
export function foreignFindings(directives: readonly Directive[]): Finding[] {
  const on = passesIn(directives, []).filter(({ isOn }) => isOn);
  return foreignAmong(on, ({ address }) => [address]).map(({ directive }) =>
    found(APACHE_STORE, directive),
  );
}

/** @param outer directives of the blocks around */
function passesIn(
  block: readonly Directive[],
  outer: readonly Directive[],
  location?: string,
): Pass[] {
  const around = [...outer, ...block];
  return block.flatMap((directive) => {
    const { name, values } = directive;
    if (name === 'proxypass') {
      const [path, address = path] = location ? [location, values[0]] : values;
      return path === undefined || address === undefined || address === '!'
        ? []
        : [{ directive, address, isOn: isOnFor(path, around) }];
    }
    const inner = name === '<location' ? values[0] : location;
    return passesIn(directive.block ?? [], around, inner);
  });
}

/** By the section of the longest path that a path begins with; what stands in none is for all. */
function isOnFor(path: string, around: readonly Directive[]): boolean {
  const switches = around.flatMap((directive) => {
    const [scope = '/'] =
      directive.name === '<location' ? directive.values : [''];
    const own =
      directive.name === '<location'
        ? everyDirective(directive.block ?? [])
        : [directive];
    return own
      .filter(({ name }) => name === 'xsendfile')
      .map(({ values }) => ({ scope, value: values[0]?.toLowerCase() }));
  });
  const nearest = switches
    .filter(({ scope }) => path.startsWith(scope))
    .sort((one, other) => one.scope.length - other.scope.length)
    .at(-1);
  return nearest?.value === 'on';
}

const FORWARDED = problem(
  'forwarded-for',
  'X-Forwarded-For is what the client says: it chooses its address, for limits, logs and links that are bound to one.',
  'Leave ProxyAddHeaders On, or write RequestHeader set X-Forwarded-For "expr=%{REMOTE_ADDR}".',
);

/**
 * Apache says by itself whom a request is from, behind what the client has said, unless that is turned off.
 *
 * @internal
 */
export function forwardedFindings(every: readonly Directive[]): Finding[] {
  const isSet = every.some(
    ({ name, values: [action = '', header = '', value = ''] }) =>
      name === 'requestheader' &&
      /^(?:set|unset)$/i.test(action) &&
      header.toLowerCase() === 'x-forwarded-for' &&
      !/x-forwarded-for/i.test(value),
  );
  if (isSet) return [];
  return every
    .filter(
      ({ name, values: [value = ''] }) =>
        name === 'proxyaddheaders' && value.toLowerCase() === 'off',
    )
    .map((directive) => found(FORWARDED, directive));
}
