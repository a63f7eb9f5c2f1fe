import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
  UnauthorizedException,
} from '@nestjs/common';
import { type Request } from 'express';

const MEMBER = `Basic ${Buffer.from('member:letmein').toString('base64')}`;

/**
 * Where the application decides who may have a file: an ordinary guard, asked before any file is looked
 * for. A real one would ask a session or a token; the server in front never decides.
 */
@Injectable()
export class MembersGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers, res } = context.switchToHttp().getRequest<Request>();
    if (headers.authorization === MEMBER) return true;
    res?.set('WWW-Authenticate', 'Basic realm="Members"');
    throw new UnauthorizedException();
  }
}
