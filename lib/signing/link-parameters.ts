import { InvalidOptionsError } from '../errors/download-errors.js';
import { type SignOptions } from './sign-options.js';
import { type QueryPair } from './url-parts.js';

/** What a link carries in its query besides what the path came with. */
const EXPIRES = 'expires';
const NOT_BEFORE = 'not-before';
const METHOD = 'method';
const BASENAME = 'basename';
const CONTENT_TYPE = 'content-type';
const ATTACHMENT = 'attachment';

/** @internal */
export const SIGNATURE = 'signature';

const RESERVED = [
  EXPIRES,
  NOT_BEFORE,
  METHOD,
  BASENAME,
  CONTENT_TYPE,
  ATTACHMENT,
  SIGNATURE,
];

/**
 * What a link says besides the resource. Times in milliseconds since 1970.
 *
 * @internal
 */
export interface LinkTerms {
  readonly expires: number;
  readonly notBefore?: number;
  /** None for GET and HEAD. */
  readonly method?: string;
  /** How the download is presented, whatever the route says. */
  readonly presentation: LinkPresentation;
}

/** @internal */
export type LinkPresentation = Pick<
  SignOptions,
  'basename' | 'contentType' | 'attachment'
>;

/**
 * Refuses a query that has our names already: the link would say more than its options do.
 *
 * @throws InvalidOptionsError
 * @internal
 */
export function refuseReserved(pairs: readonly QueryPair[]): void {
  const taken = pairs.find(({ name }) => RESERVED.includes(name));
  if (!taken) return;
  throw new InvalidOptionsError(
    'sign().path',
    `a query with ${taken.name}`,
    `Links have ${RESERVED.join(', ')} of their own: name it otherwise, or give it as an option.`,
  );
}

/**
 * The terms as a query. Times are in whole seconds: a link works no shorter than was asked for.
 *
 * @internal
 */
export function queryOf(terms: LinkTerms): string {
  const { basename, contentType, attachment } = terms.presentation;
  const pairs: readonly (readonly [string, string | undefined])[] = [
    [EXPIRES, secondsOf(terms.expires)],
    [NOT_BEFORE, secondsOf(terms.notBefore)],
    [METHOD, terms.method],
    [BASENAME, basename],
    [CONTENT_TYPE, contentType],
    [ATTACHMENT, attachment?.toString()],
  ];
  return pairs
    .flatMap(([name, value]) =>
      value === undefined ? [] : `${name}=${encodeURIComponent(value)}`,
    )
    .join('&');
}

/**
 * The terms of a link whose signature holds.
 *
 * @internal
 */
export function termsOf(pairs: readonly QueryPair[]): LinkTerms {
  const values = new Map(pairs.map(({ name, value }) => [name, value]));
  const basename = values.get(BASENAME);
  const contentType = values.get(CONTENT_TYPE);
  const attachment = values.get(ATTACHMENT);
  return {
    expires: Number(values.get(EXPIRES)) * 1000,
    notBefore: Number(values.get(NOT_BEFORE) ?? 0) * 1000,
    method: values.get(METHOD),
    presentation: {
      ...(basename !== undefined && { basename }),
      ...(contentType !== undefined && { contentType }),
      ...(attachment !== undefined && { attachment: attachment === 'true' }),
    },
  };
}

function secondsOf(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined
    ? undefined
    : String(Math.ceil(milliseconds / 1000));
}
