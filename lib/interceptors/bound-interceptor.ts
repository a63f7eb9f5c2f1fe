import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { type ModulesContainer } from '@nestjs/core';
import { type Observable } from 'rxjs';

type Module = ModulesContainer extends Map<string, infer One> ? One : never;

// Nest's own key.
const INTERCEPTORS_METADATA = '__interceptors__';

/**
 * Stands in the metadata of a controller for the DownloadInterceptor of whichever application asks: one class may
 * belong to several applications of a process. It wants nothing to be made with, since Nest makes one by itself
 * where an application meets the class again; that one lets everything pass.
 *
 * @internal
 */
@Injectable()
export class BoundInterceptor implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle();
  }
}

/**
 * Puts an interceptor around all others of a controller and of its handlers. To be called before Nest registers the
 * routes.
 *
 * @param injectables where Nest looks for the interceptors of the controller's module
 * @param interceptor the provider of the application's own
 * @internal
 */
export function bindInterceptor(
  controller: Type,
  injectables: Module['injectables'],
  interceptor: Parameters<Module['injectables']['set']>[1],
): void {
  injectables.set(BoundInterceptor, interceptor);
  const others =
    (Reflect.getMetadata(INTERCEPTORS_METADATA, controller) as
      unknown[] | undefined) ?? [];
  // Bound before, or inherited from a class that was.
  if (others.includes(BoundInterceptor)) return;
  Reflect.defineMetadata(
    INTERCEPTORS_METADATA,
    [BoundInterceptor, ...others],
    controller,
  );
}
