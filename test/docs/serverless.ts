import { type INestApplication } from '@nestjs/common';
import serverless from 'serverless-http';

/** After `app.init()`; `listen()` is not called. */
export function handlerOf(app: INestApplication) {
  return serverless(app.getHttpAdapter().getInstance(), {
    binary: true, // whatever their type, files are bytes
  });
}
