import { type Type } from '@nestjs/common';
import { MetadataScanner } from '@nestjs/core';

import {
  boundToIp,
  SignedUrlGuard,
  type SignedUrlOptions,
  signedUrlOptionsOf,
} from './signed-url.guard.js';

const scanner = new MetadataScanner();
// Nest's own key.
const GUARDS_METADATA = '__guards__';

/**
 * Puts the guard of @SignedUrl() behind the others of a controller and of its handlers, in whatever order
 * the decorators stand: `boundTo` may need what they put on the request. To be called before Nest registers
 * the routes.
 *
 * @internal
 */
export function askSignatureLast(controller: Type): void {
  for (const target of [controller, ...methodsOf(controller)]) {
    const guards = guardsOf(target);
    if (!guards.includes(SignedUrlGuard)) continue;
    const others = guards.filter((guard) => guard !== SignedUrlGuard);
    Reflect.defineMetadata(
      GUARDS_METADATA,
      [...others, SignedUrlGuard],
      target,
    );
  }
}

/**
 * Whether `@SignedUrl()` stands on a controller, or on a handler of it.
 *
 * @internal
 */
export function hasSignedRoutes(controller: Type): boolean {
  return methodsOf(controller).some((handler) =>
    optionsFor(controller, handler),
  );
}

/**
 * What is wrong where clients are known by their addresses, as with links that are bound to one.
 *
 * @param others who knows them so besides
 * @param platform the adapter's own application, which tells whether it trusts a proxy
 * @internal
 */
export function addressWarnings(
  controllers: readonly Type[],
  others: readonly string[],
  platform: ProxyTrust,
): string[] {
  const remedy = remedyFor(platform);
  if (!remedy) return [];
  const bound = controllers
    .filter((controller) =>
      methodsOf(controller).some(
        (handler) => optionsFor(controller, handler)?.boundTo === boundToIp,
      ),
    )
    .map(({ name }) => `@SignedUrl({ boundTo: boundToIp }) of ${name}`);
  return [...bound, ...others].map((use) => `${use}: ${remedy}`);
}

/**
 * What Express and Fastify tell of the proxies that they trust.
 *
 * @internal
 */
export interface ProxyTrust {
  enabled?(setting: string): boolean;
  hasRequestDecorator?(name: string): boolean;
}

/** @returns undefined where a proxy is trusted, or the adapter does not tell */
function remedyFor(platform: ProxyTrust): string | undefined {
  const behind = 'trusts no proxy. Behind one, all clients have its address: ';
  if (platform.enabled?.('trust proxy') === false) {
    return `Express ${behind}app.set('trust proxy', '<address of the proxy>').`;
  }
  // Requests have the addresses on their way only where it trusts somebody.
  return platform.hasRequestDecorator?.('ips') === false
    ? `Fastify ${behind}new FastifyAdapter({ trustProxy: '<address of the proxy>' }).`
    : undefined;
}

function optionsFor(
  controller: Type,
  handler: () => unknown,
): SignedUrlOptions | undefined {
  return signedUrlOptionsOf({
    getHandler: () => handler,
    getClass: () => controller,
  });
}

function guardsOf(target: object): unknown[] {
  return (
    (Reflect.getMetadata(GUARDS_METADATA, target) as unknown[] | undefined) ??
    []
  );
}

function methodsOf(controller: Type): (() => unknown)[] {
  const prototype = controller.prototype as object;
  return scanner
    .getAllMethodNames(prototype)
    .map((name) => Reflect.get(prototype, name) as () => unknown);
}
