import {
  type CanActivate,
  type ExecutionContext,
  ForbiddenException,
  Injectable,
  Logger,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

import {
  InvalidOptionsError,
  InvalidSignatureError,
} from '../errors/download-errors.js';
import { kindOf } from '../errors/quote.js';
import { keepSignedLink } from './signed-link.js';
import { type SignedRequest, targetOf } from './signed-request.js';
import {
  signedUrlOptionsOf,
  type SignedUrlOptions,
} from './signed-url-options.js';
import { UrlSigner } from './url-signer.js';

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
    } catch (error) {
      if (!(error instanceof InvalidSignatureError)) throw error;
      this.#logger.debug(`${error.name}: ${error.message}`);
      setHeader('Cache-Control', 'no-store');
      throw new ForbiddenException(undefined, {
        cause: error,
        description: 'Forbidden',
      });
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
    keepSignedLink(request, { ...terms, sharedCaches });
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
