import { startChild } from './child.mjs';
import { nginxVersion, startNginx } from './nginx.mjs';
import { staticConfig } from './nginx-config.mjs';

/** What can be asked: each has a port, and those that are Node's answer questions. */
export const SERVERS = {
  express: { start: application('express') },
  fastify: { start: application('fastify') },
  offloading: { start: application('offloading') },
  nginx: {
    needsNginx: true,
    start: ({ directory }) =>
      startNginx(directory, (place) => staticConfig(directory, place)),
  },
  'behind nginx': {
    needsNginx: true,
    async start(stage) {
      const { port, ask } = await stage.server('offloading');
      const upstream = `127.0.0.1:${port}`;
      return startNginx(stage.directory, (place) =>
        ask('serverConfig', { upstream, ...place }),
      );
    },
  },
};

/** Why a server cannot be had on this machine, if it cannot. */
export function whyMissing(name) {
  return SERVERS[name].needsNginx && nginxVersion() === undefined
    ? 'nginx is not installed (`sudo apt-get install nginx-light`)'
    : undefined;
}

function application(kind) {
  return async ({ directory }) => {
    const child = await startChild('server/server.mjs', { kind, directory });
    return { ...child, port: child.ready.port };
  };
}
