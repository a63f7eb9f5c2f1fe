import { type Request } from 'express';

/**
 * Where people reach the library: what PUBLIC_URL says, for only whoever set up the servers in front knows
 * it; else where this request has come to.
 */
export function publicOrigin({ protocol, headers }: Request): string {
  const url = process.env.PUBLIC_URL;
  return url ? url.replace(/\/+$/, '') : `${protocol}://${headers.host}`;
}
