import { startChild } from './child.mjs';
import { nginxVersion, startNginx } from './nginx.mjs';
import { staticConfig } from './nginx-config.mjs';
import { startPostgres, whyNoPostgres } from './postgres.mjs';

/** What can be asked: each has a port, and those that are Node's answer questions. */
export const SERVERS = {
  express: { start: application('express') },
  fastify: { start: application('fastify') },
  offloading: { start: application('offloading') },
  archives: { start: application('archives') },
  postgres: { start: startPostgres },
  rows: {
    needsPostgres: true,
    async start(stage) {
      const { connection } = await stage.server('postgres');
      return application('rows', { connection })(stage);
    },
  },
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
  const { needsNginx, needsPostgres } = SERVERS[name];
  if (needsPostgres) return whyNoPostgres();
  return needsNginx && nginxVersion() === undefined
    ? 'nginx is not installed (`sudo apt-get install nginx-light`)'
    : undefined;
}

function application(kind, more = {}) {
  return async ({ directory }) => {
    const settings = { kind, directory, ...more };
    const child = await startChild('server/server.mjs', settings);
    return { ...child, port: child.ready.port };
  };
}
