import { type DownloadBackend } from 'nestjs-downloadview';

import {
  type Adapter,
  type ApplicationParts,
  type RunningApplication,
  startApplication,
} from '../application.js';
import {
  type HttpAnswer,
  httpRequest,
  type HttpRequest,
} from '../clients/http-client.js';
import { startWebServer, type WebServer } from './web-server.js';
import { type WebServerKind } from './web-server-kinds.js';

/** An application with a real web server in front, on the configuration that its backend prints. */
export interface ServedSite {
  /** Asks the web server. */
  through(path: string, request?: HttpRequest): Promise<HttpAnswer>;
  /** Asks the application, as the web server does. */
  direct(path: string, request?: HttpRequest): Promise<HttpAnswer>;
  readonly server: WebServer;
  readonly application: RunningApplication;
  stop(): Promise<void>;
}

export interface SiteParts extends ApplicationParts {
  readonly backend: DownloadBackend;
}

export async function startBehind(
  kind: WebServerKind,
  adapter: Adapter,
  { backend, options, ...parts }: SiteParts,
): Promise<ServedSite> {
  const application = await startApplication(adapter, {
    options: { backend, ...options },
    ...parts,
  });
  const upstream = `127.0.0.1:${application.port}`;
  const server = await startWebServer(
    kind,
    (place) => backend.serverConfig?.({ upstream, ...place }) ?? '',
  ).catch(async (error: unknown) => {
    await application.close();
    throw error;
  });
  return {
    server,
    application,
    direct: (path, request) => httpRequest(application.origin, path, request),
    async through(path, request) {
      const answer = await httpRequest(server.origin, path, request);
      if (answer.status < 500) return answer;
      throw new Error(
        `${path}: ${answer.status}. ${kind.program} says:\n${server.log()}`,
      );
    },
    async stop() {
      await server.stop();
      await application.close();
    },
  };
}
