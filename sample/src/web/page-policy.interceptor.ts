import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { type Response } from 'express';
import { type Observable, tap } from 'rxjs';

const POLICY = 'Content-Security-Policy';

/**
 * The library lets the page of a link load nothing. Where the page of this application shows a film or a PDF, it may
 * load that, from here and by nothing but a player or a frame; scripts stay out.
 */
@Injectable()
export class PagePolicyInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const response = context.switchToHttp().getResponse<Response>();
    return next.handle().pipe(
      tap(() => {
        const policy = response.get(POLICY);
        if (!policy || !loads.has(response)) return;
        response.set(POLICY, `${policy}; media-src 'self'; frame-src 'self'`);
      }),
    );
  }
}

const loads = new WeakSet<Response>();

/** Says of an answer that it is a page which loads what it shows. */
export function letLoad(response: Response): void {
  loads.add(response);
}
