import { sep } from 'node:path';

import { type Type } from '@nestjs/common';

import {
  InvalidOptionsError,
  SuspiciousPathError,
} from '../errors/download-errors.js';
import { quote } from '../errors/quote.js';
import { refusePassedNeighbours } from '../routes/neighbours.js';
import { pathOfTarget } from '../routes/path-spellings.js';
import { nameOfController } from './as-controller.js';
import { type DownloadRequest } from '../http/download-request.js';
import { hasWildcard } from './route-metadata.js';

// Letters and digits that are percent-encoded (RFC 3986 2.3), which no client does: what an application
// decides by the address as it came, it has decided about something else.
const NEEDLESSLY_ENCODED = /^[^?#]*%(?:3\d|4[1-9a-f]|5[\da]|6[1-9a-f]|7[\da])/i;

interface FastifyRequest {
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
  request: DownloadRequest & FastifyRequest,
  name: string,
): string | undefined {
  refusePassedNeighbours(request);
  const value = request.params[name];
  if (typeof value === 'string') return checkedSegment(value) || undefined;
  if (!isWildcard(controller.constructor as Type, name)) return undefined;
  if (NEEDLESSLY_ENCODED.test(request.url)) {
    throw new SuspiciousPathError(`${quote(request.url)} hides its letters`);
  }
  // Express splits a tail before it decodes it.
  return value ? tailOf(value) : fastifyTail(request);
}

const wildcards = new WeakMap<Type, Map<string, boolean>>();

/**
 * Whether `name` is a wildcard in one of a controller's routes, which a class keeps as they are.
 *
 * @internal
 */
export function isWildcard(controller: Type, name: string): boolean {
  let known = wildcards.get(controller);
  if (!known) wildcards.set(controller, (known = new Map<string, boolean>()));
  let isOne = known.get(name);
  if (isOne === undefined) {
    isOne = hasWildcard(controller, name);
    known.set(name, isOne);
  }
  return isOne;
}

/**
 * Checks at boot that the route has the parameter that a controller reads its path from, unless the path
 * is fixed.
 *
 * @throws InvalidOptionsError
 * @internal
 */
export function requireParameter(
  controller: object & { readonly path?: string },
  option: string,
  parameter: string,
  parameters: readonly string[],
): void {
  const path: unknown = controller.path;
  if (path !== undefined && typeof path !== 'string') {
    throw new InvalidOptionsError(
      `${nameOfController(controller.constructor)}.${option}`,
      path,
      'Give the path of one fixed file, as a string.',
    );
  }
  if (path !== undefined || parameters.includes(parameter)) return;
  throw new InvalidOptionsError(
    `${nameOfController(controller.constructor)}.${option}`,
    controller.path,
    `Its route has no parameter ${quote(parameter)}: add *${parameter} to the route, set ${option}Param, ` +
      `or set ${option} to one fixed file.`,
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
}: DownloadRequest & FastifyRequest): string | undefined {
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
