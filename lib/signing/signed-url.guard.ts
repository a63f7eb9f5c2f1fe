import { type IncomingHttpHeaders } from 'node:http';

import {
  type ExecutionContext,
  type CanActivate,
  ForbiddenException,
  Injectable,
  Logger,
  NotFoundException,
  applyDecorators,
  SetMetadata,
  UseGuards,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

import {
  InvalidOptionsError,
  InvalidSignatureError,
  SuspiciousPathError,
  kindOf,
} from '../errors/download-errors.js';
import { refusePassedNeighbours } from '../routes/requested-path.js';
import { type Awaitable } from '../storages/awaitable.js';
import { signedLinks } from './signed-message.js';
import { UrlSigner } from './url-signer.js';

/**
 * The part of both adapters' requests that signed links need.
 *
 * @publicApi
 */
export interface SignedRequest {
  readonly method: string;
  /** Path and query as they came, percent-encoded. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly ip?: string | undefined;
  /** Where an Express application is mounted within another. */
  readonly baseUrl?: string | undefined;
}

/**
 * The public path of a request, with its query.
 *
 * @internal
 */
export function targetOf({ baseUrl = '', url }: SignedRequest): string {
  return baseUrl + url;
}

/**
 * Options of @SignedUrl().
 *
 * @publicApi
 */
export interface SignedUrlOptions<Request = SignedRequest> {
  /**
   * Whom a request is from. The link holds for what `sign(path, { boundTo })` was given, and for nobody
   * where this gives undefined. `boundToIp` gives the address of the client.
   */
  readonly boundTo?: (request: Request) => Awaitable<string | undefined>;
  /**
   * Whether `public` and `s-maxage` of the route's Cache-Control stay, up to the link's end; false by
   * default. Shared caches answer without asking whether the link holds, so not together with `boundTo`.
   */
  readonly sharedCaches?: boolean;
}

/** @internal */
export const SIGNED_URL = 'nestjs-downloadview:signed-url';

/**
 * What @SignedUrl() says about a handler, on itself and on its controller.
 *
 * @returns undefined where there is none
 * @internal
 */
export function signedUrlOptionsOf(
  context: Pick<ExecutionContext, 'getHandler' | 'getClass'>,
): SignedUrlOptions | undefined {
  const onHandler = optionsOn(context.getHandler());
  const onClass = optionsOn(context.getClass());
  return onHandler || onClass ? { ...onClass, ...onHandler } : undefined;
}

function optionsOn(target: object): SignedUrlOptions | undefined {
  return Reflect.getMetadata(SIGNED_URL, target) as
    SignedUrlOptions | undefined;
}

/**
 * @throws InvalidOptionsError for an option that is unknown or wrong
 * @internal
 */
export function checkSignedUrlOptions(options: object): void {
  const { boundTo, sharedCaches, ...unknown }: Record<string, unknown> = {
    ...options,
  };
  for (const [name, value] of Object.entries(unknown)) {
    throw wrong(name, value, 'Known are boundTo, sharedCaches.');
  }
  if (boundTo !== undefined && typeof boundTo !== 'function') {
    throw wrong('boundTo', boundTo, 'Give a function of the request.');
  }
  if (sharedCaches !== undefined && typeof sharedCaches !== 'boolean') {
    throw wrong('sharedCaches', sharedCaches, 'Give true or false.');
  }
  if (boundTo !== undefined && sharedCaches === true) {
    throw new InvalidOptionsError(
      '@SignedUrl().sharedCaches',
      true,
      'With boundTo it has to be false: a shared cache would answer everybody.',
    );
  }
}

function wrong(
  name: string,
  value: unknown,
  accepted: string,
): InvalidOptionsError {
  return new InvalidOptionsError(
    `@SignedUrl().${name}`,
    kindOf(value),
    accepted,
  );
}

/**
 * Lets requests pass that came by a link that holds. The others get one and the same answer.
 *
 * @internal
 */
@Injectable()
export class SignedUrlGuard implements CanActivate {
  readonly #logger = new Logger('DownloadModule');

  /** Asks for what only DownloadModule with `signing` has: without it, the boot stops. */
  constructor(
    private readonly signer: UrlSigner,
    private readonly adapterHost: HttpAdapterHost,
  ) {
    signer.requireSigning('@SignedUrl()');
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return false;
    const http = context.switchToHttp();
    const request = http.getRequest<SignedRequest>();
    const setHeader = (name: string, value: string): void =>
      void this.adapterHost.httpAdapter.setHeader(
        http.getResponse(),
        name,
        value,
      );
    // The address is all that it takes: no page that the answer leads to is told it.
    setHeader('Referrer-Policy', 'no-referrer');
    try {
      await this.#check(request, signedUrlOptionsOf(context) ?? {});
      refusePassedNeighbours(request);
    } catch (error) {
      const isElsewhere = error instanceof SuspiciousPathError;
      if (!isElsewhere && !(error instanceof InvalidSignatureError)) {
        throw error;
      }
      this.#logger.debug(`${error.name}: ${error.message}`);
      setHeader('Cache-Control', 'no-store');
      const exception = isElsewhere
        ? new NotFoundException()
        : new ForbiddenException(undefined, {
            cause: error,
            description: 'Forbidden',
          });
      this.signer.onRefused?.(context, exception);
      throw exception;
    }
    return true;
  }

  async #check(
    request: SignedRequest,
    { boundTo: whom, sharedCaches = false }: SignedUrlOptions,
  ): Promise<void> {
    // Nobody is nobody's: an empty text is in no link.
    const boundTo = whom && boundText(await whom(request));
    const { method } = request;
    const terms = this.signer.read(targetOf(request), { method, boundTo });
    signedLinks.set(request, { ...terms, sharedCaches });
  }
}

/** Not what was given: it may be the name of a session. */
function boundText(given: unknown): string {
  const text = given ?? '';
  if (typeof text === 'string') return text;
  throw new InvalidOptionsError(
    '@SignedUrl().boundTo',
    kindOf(text),
    'Let it give a text, or undefined for nobody.',
  );
}

/**
 * Answers 403 unless the request came by a link that UrlSigner made. On a controller it holds for all its
 * handlers; what a handler says itself comes first.
 *
 * ```ts
 * @Controller('files/*path')
 * @SignedUrl()
 * class FileController extends StorageDownloadController {}
 *
 * StorageDownloadController.asController('media/*path', { decorators: [SignedUrl()] });
 * ```
 *
 * What the link fixes (`basename`, `contentType`, `attachment`) comes before what the route says of its
 * download. The answer is `private`, no cache keeps it longer than the link works, and no page that it
 * leads to is told its address. A link is for GET and HEAD, unless it was made for another `method`.
 *
 * The signature is asked for after the other guards of the same controller or handler: `boundTo` finds on
 * the request what they put there.
 *
 * @throws InvalidOptionsError for an option that is unknown or wrong
 * @publicApi
 */
export function SignedUrl<Request = SignedRequest>(
  options: SignedUrlOptions<Request> = {},
): ClassDecorator & MethodDecorator {
  checkSignedUrlOptions(options);
  return applyDecorators(
    SetMetadata(SIGNED_URL, options),
    UseGuards(SignedUrlGuard),
  );
}

/**
 * Binds a link to the address of the client.
 *
 * ```ts
 * signer.sign('/files/report.pdf', { boundTo: boundToIp(request) });
 *
 * @SignedUrl({ boundTo: boundToIp })
 * ```
 *
 * It is the address that the application sees. Behind a web server that is the server's own, the same for
 * all clients, and the binding binds nothing: tell the application which proxy it may believe, by Express's
 * setting `trust proxy` or Fastify's option `trustProxy`, and only that one. Whoever else may set
 * X-Forwarded-For has any address that they like. Clients change theirs, as phones do between networks.
 *
 * @returns undefined where the connection is gone
 * @publicApi
 */
export function boundToIp({
  ip,
}: Pick<SignedRequest, 'ip'>): string | undefined {
  // One client, whether the server listens on IPv4 alone or on both.
  return ip?.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
}

/** What Express's and Fastify's requests tell of the proxies that they trust. */
interface AddressedRequest extends Pick<SignedRequest, 'ip' | 'headers'> {
  readonly app?: { enabled?(setting: string): boolean };
}

const FORWARDED = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'];

/**
 * The address of the client, unless it came through a proxy that the application trusts not: then it is the
 * proxy's, and everybody's.
 *
 * @internal
 */
export function ownAddress(request: AddressedRequest): string | undefined {
  const { headers, app } = request;
  const trusts = app?.enabled?.('trust proxy') ?? 'ips' in request;
  const isForwarded = FORWARDED.some((name) => headers[name] !== undefined);
  return isForwarded && !trusts ? undefined : boundToIp(request);
}
