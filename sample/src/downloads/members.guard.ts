import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
  UnauthorizedException,
} from '@nestjs/common';
import { type DownloadRequest } from 'nestjs-downloadview';

/**
 * Where the application decides who may have a file: an ordinary guard, asked before any file is looked
 * for. A real one would ask a session or a token; the server in front never decides.
 */
@Injectable()
export class MembersGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<DownloadRequest>();
    if (headers.authorization === 'Bearer letmein') return true;
    throw new UnauthorizedException();
  }
}
