import { WrongUseError } from './wrong-use.error.js';

/**
 * @internal
 */
export const SERVER_NAMES = ['nginx', 'apache', 'lighttpd', 'caddy'] as const;

/**
 * @internal
 */
export type ServerName = (typeof SERVER_NAMES)[number];

/**
 * @throws WrongUseError for a server that is not known, or missing
 * @internal
 */
export function serverName(given: string | undefined): ServerName {
  const name = SERVER_NAMES.find((known) => known === given);
  if (name !== undefined) return name;
  throw new WrongUseError(
    'The name of the server',
    given,
    `Give ${SERVER_NAMES.join(', ')}.`,
  );
}
