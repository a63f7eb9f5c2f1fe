import { type ExecutionContext } from '@nestjs/common';

import { InvalidOptionsError } from '../errors/download-errors.js';
import { kindOf } from '../errors/quote.js';
import { type Awaitable } from '../storages/file-stat.js';
import { type SignedRequest } from './signed-request.js';

/**
 * Options of @SignedUrl().
 *
 * @publicApi
 */
export interface SignedUrlOptions<Request = SignedRequest> {
  /**
   * Whom a request is from. The link holds for what `sign(path, { boundTo })` was given, and for nobody
   * where this gives undefined. `boundToIp` gives the address of the client.
   */
  readonly boundTo?: (request: Request) => Awaitable<string | undefined>;
  /**
   * Whether `public` and `s-maxage` of the route's Cache-Control stay, up to the link's end; false by
   * default. Shared caches answer without asking whether the link holds, so not together with `boundTo`.
   */
  readonly sharedCaches?: boolean;
}

/** @internal */
export const SIGNED_URL = 'nestjs-downloadview:signed-url';

/**
 * What @SignedUrl() says about a handler, on itself and on its controller.
 *
 * @returns undefined where there is none
 * @internal
 */
export function signedUrlOptionsOf(
  context: Pick<ExecutionContext, 'getHandler' | 'getClass'>,
): SignedUrlOptions | undefined {
  const onHandler = optionsOn(context.getHandler());
  const onClass = optionsOn(context.getClass());
  return onHandler || onClass ? { ...onClass, ...onHandler } : undefined;
}

function optionsOn(target: object): SignedUrlOptions | undefined {
  return Reflect.getMetadata(SIGNED_URL, target) as
    SignedUrlOptions | undefined;
}

/**
 * @throws InvalidOptionsError for an option that is unknown or wrong
 * @internal
 */
export function checkSignedUrlOptions(options: object): void {
  const { boundTo, sharedCaches, ...unknown }: Record<string, unknown> = {
    ...options,
  };
  for (const [name, value] of Object.entries(unknown)) {
    throw wrong(name, value, 'Known are boundTo, sharedCaches.');
  }
  if (boundTo !== undefined && typeof boundTo !== 'function') {
    throw wrong('boundTo', boundTo, 'Give a function of the request.');
  }
  if (sharedCaches !== undefined && typeof sharedCaches !== 'boolean') {
    throw wrong('sharedCaches', sharedCaches, 'Give true or false.');
  }
  if (boundTo !== undefined && sharedCaches === true) {
    throw new InvalidOptionsError(
      '@SignedUrl().sharedCaches',
      true,
      'With boundTo it has to be false: a shared cache would answer everybody.',
    );
  }
}

function wrong(
  name: string,
  value: unknown,
  accepted: string,
): InvalidOptionsError {
  return new InvalidOptionsError(
    `@SignedUrl().${name}`,
    kindOf(value),
    accepted,
  );
}
