import { startChild } from './child.mjs';
import { nginxVersion, startNginx } from './nginx.mjs';
import { staticConfig } from './nginx-config.mjs';
import { startPostgres, whyNoPostgres } from './postgres.mjs';

/** What can be asked: each has ports by the names of its applications, and those that are Node's answer questions. */
export const SERVERS = {
  express: { start: applications('express') },
  fastify: { start: applications('fastify') },
  ...onBoth('offloading'),
  ...onBoth('hello'),
  ...onBoth('events'),
  archives: { start: applications('archives') },
  postgres: { start: startPostgres },
  rows: {
    needsPostgres: true,
    async start(stage) {
      const { connection } = await stage.server('postgres');
      return applications('rows', { connection })(stage);
    },
  },
  nginx: {
    needsNginx: true,
    async start({ directory }) {
      const { port, stop } = await startNginx(directory, (place) =>
        staticConfig(directory, place),
      );
      return { ports: { app: port }, stop };
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

function onBoth(kind) {
  const on = (adapter) => ({ start: applications(kind, { adapter }) });
  return {
    [`${kind} on express`]: on('express'),
    [`${kind} on fastify`]: on('fastify'),
  };
}

function applications(kind, more = {}) {
  return async ({ directory }) => {
    const settings = { kind, directory, ...more };
    const child = await startChild('server/server.mjs', settings);
    return { ...child, ports: child.ready.ports };
  };
}
