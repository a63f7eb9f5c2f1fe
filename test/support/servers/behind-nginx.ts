import { type Adapter } from '../application.js';
import {
  type ServedSite,
  type SiteParts,
  startBehind,
} from './behind-server.js';
import { type WebServer } from './web-server.js';
import { NGINX } from './web-server-kinds.js';

/** An application with a real nginx in front, on the configuration that its backend prints. */
export interface Site extends ServedSite {
  readonly nginx: WebServer;
}

export async function startBehindNginx(
  adapter: Adapter,
  parts: SiteParts,
): Promise<Site> {
  const site = await startBehind(NGINX, adapter, parts);
  return { ...site, nginx: site.server };
}
