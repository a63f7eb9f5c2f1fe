import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';

import { type INestApplication } from '@nestjs/common';

/** A request and, once there is one, its answer. */
export interface Exchanged {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly status: number;
}

/** Everything that an application is asked from now on. */
export function exchangesOf(app: INestApplication): Exchanged[] {
  const exchanged: Exchanged[] = [];
  (app.getHttpServer() as Server).prependListener(
    'request',
    (
      { method = '', url = '', headers }: IncomingMessage,
      response: ServerResponse,
    ) => {
      exchanged.push({
        method,
        url,
        headers,
        get status() {
          return response.statusCode;
        },
      });
    },
  );
  return exchanged;
}
