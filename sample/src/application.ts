import { type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';

import { AppModule } from './app.module.js';
import { directories, makeDirectories } from './directories.js';

/** The application, ready to listen. */
export async function createApplication(): Promise<NestExpressApplication> {
  await makeDirectories();
  const app = await NestFactory.create<NestExpressApplication>(AppModule, {
    logger: ['fatal', 'error', 'warn'],
    // Whoever stops it does not wait for those who upload.
    forceCloseConnections: true,
  });
  // Whose word counts on who a client is, and whether it came by https: nobody's, unless a server in front is known.
  const { TRUST_PROXY: trusted } = process.env;
  if (trusted) app.set('trust proxy', trusted);
  app.useStaticAssets(directories.static, { prefix: '/static/' });
  return app;
}

/** The port that the application has: with `listen(0)` the system chose it. */
export async function portOf(app: INestApplication): Promise<number> {
  return Number(new URL(await app.getUrl()).port);
}
