import { sep } from 'node:path';

import { type Type } from '@nestjs/common';

import {
  InvalidOptionsError,
  SuspiciousPathError,
  quote,
} from '../errors/download-errors.js';
import { type DownloadRequest } from '../http/download-request.js';
import {
  type ExpressRequest,
  hasPassedNeighbourOnExpress,
} from './express-neighbours.js';
import { type FastifyRequest, FastifyRoutes } from './fastify-routes.js';
import { pathOfTarget } from './path-spellings.js';
import { wildcardsIn } from './route-metadata.js';

interface AnyRequest extends Partial<
  Omit<ExpressRequest, 'method' | 'route'> & Pick<FastifyRequest, 'server'>
> {
  readonly method: string;
  readonly url: string;
}

const checked = new WeakSet<object>();

/**
 * Refuses a request whose path leads past a guarded route or middleware only because of how it is spelled:
 * what was authorised is what is opened. A path of letters, digits, `-`, `.` and `_` costs one look.
 *
 * @throws SuspiciousPathError
 * @internal
 */
export function refusePassedNeighbours(request: AnyRequest): void {
  if (isPlain(request.url) || checked.has(request)) return;
  if (hasPassedNeighbour(request)) {
    throw new SuspiciousPathError(
      `${quote(request.url)} is another spelling of a path that another route or middleware comes before`,
    );
  }
  checked.add(request);
}

/**
 * Whether a request target is spelled as nobody spells it otherwise: of letters, digits, `-`, `.` and `_`,
 * which no client encodes.
 *
 * @internal
 */
export function isPlain(target: string): boolean {
  if (target === lastPlain) return true;
  if (!/^[\w./-]*(?:[?#]|$)/.test(target)) return false;
  lastPlain = target;
  return true;
}

/** Of one request, it is asked several times. */
let lastPlain = '/';

function hasPassedNeighbour(request: object): boolean {
  try {
    if (isOfExpress(request)) return hasPassedNeighbourOnExpress(request);
    if (!isOfFastify(request)) return false;
    const routes = FastifyRoutes.answering(request);
    return routes?.hasPassedNeighbour(request) ?? false;
  } catch (error) {
    if (error instanceof URIError) return true;
    throw error;
  }
}

function isOfExpress(request: object): request is ExpressRequest {
  return 'app' in request && 'baseUrl' in request;
}

function isOfFastify(request: object): request is FastifyRequest {
  return 'server' in request && 'routeOptions' in request;
}

// Letters and digits that are percent-encoded (RFC 3986 2.3), which no client does: what an application
// decides by the address as it came, it has decided about something else.
const NEEDLESSLY_ENCODED = /^[^?#]*%(?:3\d|4[1-9a-f]|5[\da]|6[1-9a-f]|7[\da])/i;

interface RoutedRequest extends DownloadRequest {
  readonly routeOptions?: { readonly url?: string };
}

/**
 * A parameter of a controller's route, decoded once; of a wildcard the whole tail, its segments joined by `/`.
 *
 * @returns undefined where the route has no such parameter, or the request leaves it out
 * @throws SuspiciousPathError for a segment with an encoded slash or a NUL, on Windows a backslash; for an
 *   empty segment of a tail, which would make it absolute; and where another spelling of the path leads
 *   elsewhere
 * @internal
 */
export function routeParameter(
  controller: object,
  request: RoutedRequest,
  name: string,
): string | undefined {
  refusePassedNeighbours(request);
  const value = request.params[name];
  if (typeof value === 'string') return checkedSegment(value) || undefined;
  if (!wildcardsOf(controller).has(name)) return undefined;
  if (NEEDLESSLY_ENCODED.test(request.url)) {
    throw new SuspiciousPathError(`${quote(request.url)} hides its letters`);
  }
  // Express splits a tail before it decodes it.
  return value ? tailOf(value) : fastifyTail(request);
}

const wildcards = new WeakMap<object, ReadonlySet<string>>();

/**
 * The wildcards in the routes of a controller, looked for once: at boot, or by a controller of one request itself.
 *
 * @internal
 */
export function wildcardsOf(controller: object): ReadonlySet<string> {
  const known = wildcards.get(controller);
  if (known) return known;
  const names = wildcardsIn(controller.constructor as Type);
  wildcards.set(controller, names);
  return names;
}

/**
 * Checks at boot that the route has the parameter that a controller reads its path from, unless the path
 * is fixed.
 *
 * @param owner the controller, for messages
 * @param check throws for a fixed path that nothing can be at
 * @throws InvalidOptionsError
 * @internal
 */
export function requireParameter(
  owner: string,
  path: unknown,
  parameter: string,
  parameters: readonly string[],
  check: (path: string) => unknown,
): void {
  if (path !== undefined) {
    requireFixed(owner, path, check);
    return;
  }
  if (parameters.includes(parameter)) return;
  throw new InvalidOptionsError(
    `${owner}.path`,
    path,
    `Its route has no parameter ${quote(parameter)}: add *${parameter} to the route, set pathParam, ` +
      'or set path to one fixed file.',
  );
}

function requireFixed(
  owner: string,
  path: unknown,
  check: (path: string) => unknown,
): void {
  try {
    if (typeof path === 'string') {
      check(path);
      return;
    }
  } catch (error) {
    if (!(error instanceof SuspiciousPathError)) throw error;
  }
  throw new InvalidOptionsError(
    `${owner}.path`,
    path,
    'Give the path of one fixed file, below the root and as it is written there.',
  );
}

/** Nothing in it is encoded, or means anything but itself. */
const PLAIN_TAIL = /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/;

/**
 * What Fastify's wildcard has caught, read from the raw URL: Fastify decodes it before it can be split,
 * and an encoded slash would become a separator that no guard has seen.
 */
function fastifyTail({
  url,
  params,
  routeOptions,
}: RoutedRequest): string | undefined {
  const pattern = routeOptions?.url;
  if (!pattern?.endsWith('*')) return undefined;
  const caught = params['*'];
  if (
    typeof caught === 'string' &&
    PLAIN_TAIL.test(caught) &&
    url === pattern.slice(0, -1) + caught
  ) {
    return caught;
  }
  const segments = pathOfTarget(url)
    .split('/')
    .slice(pattern.split('/').length - 1);
  if (segments.join('') === '') return undefined;
  const tail = tailOf(segments.map(decodeURIComponent));
  // Guards have seen what the router made of the URL; nothing else is opened.
  if (tail !== caught) {
    throw new SuspiciousPathError(`${quote(tail)} is not what was routed`);
  }
  return tail;
}

function tailOf(segments: readonly string[]): string {
  if (segments.includes('')) {
    throw new SuspiciousPathError('The path has an empty segment');
  }
  return segments.map(checkedSegment).join('/');
}

function checkedSegment(segment: string): string {
  if (/[/\0]/.test(segment) || (sep === '\\' && segment.includes('\\'))) {
    throw new SuspiciousPathError(`${quote(segment)} is not a plain file name`);
  }
  return segment;
}
