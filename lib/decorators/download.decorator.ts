import {
  type ExecutionContext,
  type CallHandler,
  Injectable,
  type NestInterceptor,
  applyDecorators,
  SetMetadata,
  UseInterceptors,
  type Type,
} from '@nestjs/common';
import { MetadataScanner } from '@nestjs/core';
import { map, type Observable } from 'rxjs';

import { type DownloadResponseOptions } from '../responses/download-response.js';
import { checkPresentation } from '../responses/presentation.js';
import { toDownloadResponse } from '../responses/to-download-response.js';
import { DownloadStorages } from '../storages/download-storages.js';

/**
 * Options of @Download().
 *
 * @publicApi
 */
export type DownloadOptions = Omit<DownloadResponseOptions, 'fileNotFound'>;

/** @internal */
export const DOWNLOAD_METADATA = 'nestjs-downloadview:download';

/**
 * What @Download() says about a handler, on itself and on its controller.
 *
 * @returns undefined where there is none
 * @internal
 */
export function downloadOptionsOf(
  context: Pick<ExecutionContext, 'getHandler' | 'getClass'>,
): DownloadOptions | undefined {
  const onHandler = optionsOn(context.getHandler());
  const onClass = optionsOn(context.getClass());
  return onHandler || onClass ? { ...onClass, ...onHandler } : undefined;
}

/** @internal */
export function optionsOn(target: object): DownloadOptions | undefined {
  return Reflect.getMetadata(DOWNLOAD_METADATA, target) as
    DownloadOptions | undefined;
}

/**
 * Turns what a @Download() handler returns into a DownloadResponse before any other interceptor sees it:
 * class-transformer and the like let a StreamableFile pass, and take everything else apart.
 *
 * @internal
 */
@Injectable()
export class DownloadValueInterceptor implements NestInterceptor {
  readonly #options = new WeakMap<
    object,
    WeakMap<object, DownloadOptions | undefined>
  >();

  /** Asks for what only DownloadModule has: without it, the boot stops. */
  constructor(readonly storages: DownloadStorages) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const options =
      context.getType() === 'http' ? this.#optionsOf(context) : undefined;
    if (!options) return next.handle();
    return next
      .handle()
      .pipe(map((value: unknown) => toDownloadResponse(value, options)));
  }

  /** One application has one of this class; a handler may be inherited by many controllers. */
  #optionsOf(context: ExecutionContext): DownloadOptions | undefined {
    const controller = context.getClass();
    let known = this.#options.get(controller);
    if (!known) this.#options.set(controller, (known = new WeakMap()));
    const handler = context.getHandler();
    if (!known.has(handler)) known.set(handler, downloadOptionsOf(context));
    return known.get(handler);
  }
}

/**
 * Makes what the handler returns a download. On a controller it holds for all its handlers; what a
 * handler says itself comes first, and what a DownloadResponse says comes before both.
 *
 * ```ts
 * @Get('rows.csv')
 * @Download({ basename: 'rows.csv' })
 * rows() {
 *   return 'id,name\n1,Ada\n';
 * }
 * ```
 *
 * The handler may return a file wrapper, a DownloadResponse, a string, a Uint8Array, a Readable, an
 * iterable (no array) or an async iterable; anything else is an error. A handler of another method than GET
 * answers 200, without conditions and ranges.
 *
 * @throws InvalidOptionsError for an option that is unknown or wrong
 * @publicApi
 */
export function Download(
  options: DownloadOptions = {},
): ClassDecorator & MethodDecorator {
  checkPresentation('@Download()', options);
  return applyDecorators(
    SetMetadata(DOWNLOAD_METADATA, options),
    UseInterceptors(DownloadValueInterceptor),
  );
}

const converting = new WeakSet<object>();

/**
 * Says that a handler makes a download of whatever it returns itself: an interceptor for it would cost as much
 * as a small file.
 *
 * @internal
 */
export function convertsItself(prototype: object, name: string): void {
  converting.add(Reflect.get(prototype, name) as object);
}

const scanner = new MetadataScanner();
// Nest's own key.
const INTERCEPTORS_METADATA = '__interceptors__';

/**
 * Puts the interceptor of @Download() behind all others of a controller's handlers, in whatever order
 * the decorators stand. To be called before Nest registers the routes.
 *
 * @internal
 */
export function registerLast(
  controller: Type,
  interceptor: DownloadValueInterceptor,
): void {
  for (const handler of downloadsOf(controller)) {
    const others = interceptorsOf(handler).filter((one) => !isOurs(one));
    // An instance: Nest has looked for classes to make before this.
    Reflect.defineMetadata(
      INTERCEPTORS_METADATA,
      converting.has(handler) ? others : [...others, interceptor],
      handler,
    );
  }
}

/**
 * Whether `@Download()` stands on a controller, or on a handler of it.
 *
 * @internal
 */
export function hasDecoratedDownloads(controller: Type): boolean {
  return downloadsOf(controller).length > 0;
}

/** What stands on a controller holds for all its handlers. */
function downloadsOf(controller: Type): (() => unknown)[] {
  const prototype = controller.prototype as object;
  return scanner
    .getAllMethodNames(prototype)
    .map((name) => Reflect.get(prototype, name) as () => unknown)
    .filter((handler) =>
      downloadOptionsOf({
        getHandler: () => handler,
        getClass: () => controller,
      }),
    );
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
