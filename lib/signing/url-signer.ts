import {
  type ExecutionContext,
  type HttpException,
  Injectable,
} from '@nestjs/common';

import {
  InvalidOptionsError,
  InvalidSignatureError,
  quote,
} from '../errors/download-errors.js';
import {
  checkedPath,
  type LinkTerms,
  queryOf,
  SIGNATURE,
  termsOf,
  signedMessage,
  type UrlParts,
  urlParts,
} from './signed-message.js';
import {
  checkSignOptions,
  isText,
  type SignOptions,
  type VerifyOptions,
} from './sign-options.js';
import { type CheckedSigning } from './signing-options.js';

/**
 * Makes links that work for a while for whoever has them, to routes with @SignedUrl().
 *
 * ```ts
 * constructor(private readonly signer: UrlSigner) {}
 * // ...
 * this.signer.sign('/files/report.pdf', { expiresIn: 600, basename: 'Report.pdf' });
 * ```
 *
 * @publicApi
 */
@Injectable()
export class UrlSigner {
  readonly #signing?: CheckedSigning;
  readonly #now: () => number;
  /**
   * Is told of every request that came by a link which does not hold.
   *
   * @internal
   */
  onRefused?: (context: ExecutionContext, exception: HttpException) => void;

  /**
   * Inject it: DownloadModule makes it.
   *
   * @param now milliseconds since 1970
   * @internal
   */
  constructor(
    signing: CheckedSigning | undefined,
    now: () => number = () => Date.now(),
  ) {
    this.#signing = signing;
    this.#now = now;
  }

  /**
   * A link to a path. It fixes the path, its query, and what the options say; not the host.
   *
   * @param path the public path as the application is asked for it, global prefix included; it may have a
   *   query of its own. What cannot stand in a URL is encoded; `%`, `?` and `#` of a name are yours to
   *   encode (`encodeURIComponent(name)`). Also an address, of which the host is not signed.
   * @returns the path with the link's own parameters behind it, `signature` last
   * @throws InvalidOptionsError for what is no path, for wrong options, and without `signing`
   */
  sign(path: string, options: SignOptions = {}): string {
    const { keys, expiresIn } = this.requireSigning('UrlSigner.sign()');
    checkSignOptions(options);
    const terms = this.#termsFrom(options, expiresIn);
    const target = checkedPath(path);
    const unsigned = `${target}${separatorAfter(target)}${queryOf(terms)}`;
    const message = signedMessage(partsOf(unsigned), options.boundTo);
    return `${unsigned}&${SIGNATURE}=${keys.sign(message)}`;
  }

  /**
   * Checks a link, as @SignedUrl() does. GET covers HEAD.
   *
   * @param url the link as the client asked for it: path and query, percent-encoded, or the whole address
   * @throws InvalidSignatureError unless it holds, for this method, for this `boundTo`, and now
   * @throws InvalidOptionsError without `signing`
   */
  verify(url: string, options: VerifyOptions = {}): void {
    this.read(url, options);
  }

  /**
   * The same, and what the link says.
   *
   * @internal
   */
  read(url: string, { method = 'GET', boundTo }: VerifyOptions): LinkTerms {
    const { keys } = this.requireSigning('UrlSigner.verify()');
    const { segments, pairs } = urlParts(url) ?? refuse(url, 'no plain path');
    const signed = pairs.at(-1);
    const named = pairs.filter(({ name }) => name === SIGNATURE);
    if (named.length !== 1 || !signed?.text.startsWith(`${SIGNATURE}=`)) {
      return refuse(url, 'it has not one signature, as its last parameter');
    }
    if (boundTo !== undefined && !isText(boundTo)) {
      return refuse(url, 'nobody can be told from the request');
    }
    const others = pairs.slice(0, -1);
    const message = signedMessage({ segments, pairs: others }, boundTo);
    // As text: several spellings of base64url decode to one MAC.
    if (!keys.holds(message, signed.text.slice(SIGNATURE.length + 1))) {
      return refuse(url, 'changed, made with other secrets or for another');
    }
    const terms = termsOf(others);
    const reason = this.#reasonAgainst(terms, method);
    return reason === undefined ? terms : refuse(url, reason);
  }

  /**
   * @param what needs it
   * @throws InvalidOptionsError where there are no secrets
   * @internal
   */
  requireSigning(what: string): CheckedSigning {
    if (this.#signing) return this.#signing;
    throw new InvalidOptionsError(
      'signing',
      undefined,
      `${what} needs it: DownloadModule.forRoot({ signing: { secrets: ['32 random bytes or more'] } }).`,
    );
  }

  #termsFrom(
    { expiresIn, notBefore, method, ...options }: SignOptions,
    byDefault: number,
  ): LinkTerms {
    const now = this.#now();
    const expires = now + (expiresIn ?? byDefault) * 1000;
    const begins =
      typeof notBefore === 'number'
        ? now + notBefore * 1000
        : notBefore?.getTime();
    if (begins !== undefined && begins >= expires) {
      throw new InvalidOptionsError(
        'sign().notBefore',
        new Date(begins),
        `Give a time before the link expires, ${new Date(expires).toISOString()}.`,
      );
    }
    const { basename, contentType, attachment } = options;
    return {
      expires,
      notBefore: begins,
      method: method === 'GET' ? undefined : method,
      presentation: { basename, contentType, attachment },
    };
  }

  #reasonAgainst(terms: LinkTerms, method: string): string | undefined {
    const now = this.#now();
    if (!(now < terms.expires)) return 'it has expired';
    if (!(now >= (terms.notBefore ?? 0))) return 'it is not valid yet';
    const covered = terms.method ? [terms.method] : ['GET', 'HEAD'];
    return covered.includes(method) ? undefined : 'made for another method';
  }
}

function separatorAfter(target: string): string {
  if (!target.includes('?')) return '?';
  return target.endsWith('?') ? '' : '&';
}

function partsOf(url: string): UrlParts {
  const parts = urlParts(url);
  if (parts) return parts;
  throw new RangeError('A link that was just made is none');
}

/** The query stays out of the message, and so out of logs: it may be good for somebody. */
function refuse(url: string, reason: string): never {
  const path = String(url).replace(/[?#].*$/s, '');
  throw new InvalidSignatureError(`The link to ${quote(path)}: ${reason}`);
}
