import { type IncomingMessage, type ServerResponse } from 'node:http';

import { type INestApplication } from '@nestjs/common';

/**
 * The two ways that a local file takes: straight from its descriptor to the response, and, where
 * something stands between them, as a stream.
 */
export const WAYS = [['straight'], ['as a stream']] as const;
export type Way = (typeof WAYS)[number][0];

/** Stands between, as compression does, for requests that ask for it by `headersOf()`. */
export function standBetween(app: INestApplication): void {
  app.use(
    (
      request: IncomingMessage,
      response: ServerResponse,
      next: () => void,
    ): void => {
      if (request.headers['x-way'] === 'stream') {
        const write: ServerResponse['write'] = response.write.bind(response);
        response.write = ((...args: Parameters<ServerResponse['write']>) =>
          write(...args)) as ServerResponse['write'];
      }
      next();
    },
  );
}

export function headersOf(way: Way): Record<string, string> {
  return way === 'straight' ? {} : { 'X-Way': 'stream' };
}
