import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { map, type Observable } from 'rxjs';

import { toDownloadResponse } from '../responses/to-download-response.js';
import { DownloadStorages } from '../storages/download-storages.js';
import { downloadOptionsOf } from './download-options.js';

/**
 * Turns what a @Download() handler returns into a DownloadResponse before any other interceptor sees it:
 * class-transformer and the like let a StreamableFile pass, and take everything else apart.
 *
 * @internal
 */
@Injectable()
export class DownloadValueInterceptor implements NestInterceptor {
  /** Asks for what only DownloadModule has: without it, the boot stops. */
  constructor(readonly storages: DownloadStorages) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const options =
      context.getType() === 'http' ? downloadOptionsOf(context) : undefined;
    if (!options) return next.handle();
    return next
      .handle()
      .pipe(map((value: unknown) => toDownloadResponse(value, options)));
  }
}
