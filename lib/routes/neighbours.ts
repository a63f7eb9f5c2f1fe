import { SuspiciousPathError } from '../errors/download-errors.js';
import { quote } from '../errors/quote.js';
import {
  type ExpressRequest,
  hasPassedNeighbourOnExpress,
} from './express-neighbours.js';
import { type FastifyRequest, FastifyRoutes } from './fastify-routes.js';

interface AnyRequest extends Partial<
  Omit<ExpressRequest, 'method' | 'route'> & Pick<FastifyRequest, 'server'>
> {
  readonly method: string;
  readonly url: string;
}

const checked = new WeakSet<object>();

/**
 * Refuses a request whose path leads past a guarded route or middleware only because of how it is spelled:
 * what was authorised is what is opened. A path of letters, digits, `-`, `.` and `_` costs one look.
 *
 * @throws SuspiciousPathError
 * @internal
 */
export function refusePassedNeighbours(request: AnyRequest): void {
  if (isPlain(request.url) || checked.has(request)) return;
  if (hasPassedNeighbour(request)) {
    throw new SuspiciousPathError(
      `${quote(request.url)} is another spelling of a path that another route or middleware comes before`,
    );
  }
  checked.add(request);
}

/**
 * Whether a request target is spelled as nobody spells it otherwise: of letters, digits, `-`, `.` and `_`,
 * which no client encodes.
 *
 * @internal
 */
export function isPlain(target: string): boolean {
  if (target === lastPlain) return true;
  if (!/^[\w./-]*(?:[?#]|$)/.test(target)) return false;
  lastPlain = target;
  return true;
}

/** Of one request, it is asked several times. */
let lastPlain = '/';

function hasPassedNeighbour(request: object): boolean {
  try {
    if (isOfExpress(request)) return hasPassedNeighbourOnExpress(request);
    if (!isOfFastify(request)) return false;
    const routes = FastifyRoutes.answering(request);
    return routes?.hasPassedNeighbour(request) ?? false;
  } catch (error) {
    if (error instanceof URIError) return true;
    throw error;
  }
}

function isOfExpress(request: object): request is ExpressRequest {
  return 'app' in request && 'baseUrl' in request;
}

function isOfFastify(request: object): request is FastifyRequest {
  return 'server' in request && 'routeOptions' in request;
}
