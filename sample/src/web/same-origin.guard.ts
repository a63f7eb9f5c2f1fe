import {
  BadRequestException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { type DownloadRequest } from 'nestjs-downloadview';

/**
 * Refuses forms that another site had its reader's browser send. Browsers say where a request comes from;
 * programs, which nobody can trick into sending one, do not.
 */
export class SameOriginGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { method, headers } = context
      .switchToHttp()
      .getRequest<DownloadRequest>();
    if (method === 'GET' || method === 'HEAD') return true;
    const { origin, host, 'sec-fetch-site': site } = headers;
    const own = site
      ? site === 'same-origin' || site === 'none'
      : !origin || origin.replace(/^https?:\/\//, '') === host;
    if (own) return true;
    throw new BadRequestException('This form was sent from another site.');
  }
}
