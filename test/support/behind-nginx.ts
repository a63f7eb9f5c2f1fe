import { type DownloadBackend } from 'nestjs-downloadview';

import {
  type Adapter,
  type ApplicationParts,
  startApplication,
} from './application.js';
import {
  type HttpAnswer,
  httpRequest,
  type HttpRequest,
} from './http-client.js';
import { type NginxServer, startNginx } from './nginx-server.js';

/** An application with a real nginx in front, on the configuration that its backend prints. */
export interface Site {
  /** Asks nginx. */
  through(path: string, request?: HttpRequest): Promise<HttpAnswer>;
  /** Asks the application, as nginx does. */
  direct(path: string, request?: HttpRequest): Promise<HttpAnswer>;
  readonly nginx: NginxServer;
  stop(): Promise<void>;
}

export interface SiteParts extends ApplicationParts {
  readonly backend: DownloadBackend;
}

export async function startBehindNginx(
  adapter: Adapter,
  { backend, options, ...parts }: SiteParts,
): Promise<Site> {
  const application = await startApplication(adapter, {
    options: { backend, ...options },
    ...parts,
  });
  const upstream = `127.0.0.1:${application.port}`;
  const nginx = await startNginx(
    (place) => backend.serverConfig?.({ upstream, ...place }) ?? '',
  ).catch(async (error: unknown) => {
    await application.close();
    throw error;
  });
  return {
    nginx,
    direct: (path, request) => httpRequest(application.origin, path, request),
    async through(path, request) {
      const answer = await httpRequest(nginx.origin, path, request);
      if (answer.status < 500) return answer;
      throw new Error(`${path}: ${answer.status}. nginx says:\n${nginx.log()}`);
    },
    async stop() {
      await nginx.stop();
      await application.close();
    },
  };
}
