import { MethodNotAllowedException } from '@nestjs/common';

/**
 * Where Nest's Fastify adapter looks for a route's `config`; its decorator lives in an optional package.
 *
 * @internal
 */
export const FASTIFY_ROUTE_CONFIG = '__fastify_route_config__';

/**
 * What marks the route of a DownloadController, on the handler and in Fastify's route.
 *
 * @internal
 */
export const DOWNLOAD_ROUTE = { 'nestjs-downloadview': true } as const;

/**
 * Whether the configuration of a route carries the mark.
 *
 * @internal
 */
export function isDownloadRoute(config: unknown): boolean {
  return (
    typeof config === 'object' &&
    config !== null &&
    'nestjs-downloadview' in config
  );
}

/**
 * The answer to another method than those that exist there (RFC 9110 15.5.6). OPTIONS is told them
 * without being refused.
 *
 * @returns the error to be raised, none for OPTIONS
 * @internal
 */
export function answerOtherMethod(
  method: string,
  allowed: readonly string[],
  setHeader: (name: string, value: string) => void,
): MethodNotAllowedException | undefined {
  setHeader('Allow', allowed.join(', '));
  if (method === 'OPTIONS') return undefined;
  setHeader('Cache-Control', 'no-store');
  return new MethodNotAllowedException();
}
