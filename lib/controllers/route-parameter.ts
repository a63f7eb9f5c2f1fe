import { sep } from 'node:path';

import { type Type } from '@nestjs/common';

import { InvalidOptionsError } from '../errors/invalid-options.error.js';
import { quote } from '../errors/quote.js';
import { SuspiciousPathError } from '../errors/suspicious-path.error.js';
import { type DownloadRequest } from './download-request.js';
import { hasWildcard } from './route-metadata.js';

interface FastifyRequest {
  readonly routeOptions?: { readonly url?: string };
}

/**
 * A parameter of a controller's route, decoded once; of a wildcard the whole tail, its segments joined by `/`.
 * The tail is read from the raw URL, since Fastify decodes it before it can be split: there an encoded
 * slash would become a separator that no guard has seen.
 *
 * @returns undefined where the route has no such parameter, or the request leaves it out
 * @throws SuspiciousPathError for a segment with an encoded slash or a NUL; on Windows a backslash
 * @internal
 */
export function routeParameter(
  controller: object,
  request: DownloadRequest & FastifyRequest,
  name: string,
): string | undefined {
  const value = request.params[name];
  if (typeof value === 'string') return checkedSegment(value) || undefined;
  if (!hasWildcard(controller.constructor as Type, name)) return undefined;
  const length = tailLength(request, value);
  if (length === undefined || length < 1) return undefined;
  return rawSegments(request.url)
    .slice(-length)
    .map((segment) => checkedSegment(decodeURIComponent(segment)))
    .join('/');
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
  if (controller.path !== undefined || parameters.includes(parameter)) return;
  throw new InvalidOptionsError(
    `${controller.constructor.name}.${option}`,
    controller.path,
    `Its route has no parameter ${quote(parameter)}: add *${parameter} to the route, set ${option}Param, ` +
      `or set ${option} to one fixed file.`,
  );
}

/** How many segments the wildcard has caught: Express has split them, Fastify tells its pattern. */
function tailLength(
  request: DownloadRequest & FastifyRequest,
  value: string[] | undefined,
): number | undefined {
  if (value !== undefined) return value.length;
  const pattern = request.routeOptions?.url;
  if (!pattern?.endsWith('*')) return undefined;
  return rawSegments(request.url).length - pattern.split('/').length + 2;
}

function rawSegments(url: string): string[] {
  return url
    .replace(/[?#].*$/s, '')
    .split('/')
    .slice(1);
}

function checkedSegment(segment: string): string {
  if (/[/\0]/.test(segment) || (sep === '\\' && segment.includes('\\'))) {
    throw new SuspiciousPathError(`${quote(segment)} is not a plain file name`);
  }
  return segment;
}
