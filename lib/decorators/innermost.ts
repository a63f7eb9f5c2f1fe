import { type Type } from '@nestjs/common';
import { MetadataScanner } from '@nestjs/core';

import { downloadOptionsOf } from './download-options.js';
import { DownloadValueInterceptor } from './download-value.interceptor.js';

const scanner = new MetadataScanner();
// Nest's own key.
const INTERCEPTORS_METADATA = '__interceptors__';

/**
 * Puts the interceptor of @Download() behind all others of a controller's handlers, in whatever order
 * the decorators stand. To be called before Nest registers the routes.
 *
 * @internal
 */
export function standInnermost(
  controller: Type,
  interceptor: DownloadValueInterceptor,
): void {
  const prototype = controller.prototype as object;
  for (const name of scanner.getAllMethodNames(prototype)) {
    const handler = Reflect.get(prototype, name) as () => unknown;
    const target = { getHandler: () => handler, getClass: () => controller };
    if (!downloadOptionsOf(target)) continue;
    const others = interceptorsOf(handler).filter((one) => !isOurs(one));
    // An instance: Nest has looked for classes to make before this.
    Reflect.defineMetadata(
      INTERCEPTORS_METADATA,
      [...others, interceptor],
      handler,
    );
  }
}

function interceptorsOf(handler: object): unknown[] {
  return (
    (Reflect.getMetadata(INTERCEPTORS_METADATA, handler) as
      unknown[] | undefined) ?? []
  );
}

function isOurs(interceptor: unknown): boolean {
  return (
    interceptor === DownloadValueInterceptor ||
    interceptor instanceof DownloadValueInterceptor
  );
}
