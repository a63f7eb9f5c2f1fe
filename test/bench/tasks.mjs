// What one round does. Each task gives a figure, and how busy the client was: the share of one core.
import { setTimeout } from 'node:timers/promises';

export const WARM_UP_SECONDS = 2;
/** Milliseconds without growth after which memory has settled. */
const SETTLED = 1000;
const LONGEST_SETTLING = 60_000;
const FEW_ROWS = 50_000;

/**
 * Microseconds of the server's processor time that one request takes, its threads included; and how many requests
 * it answers a second. 32 connections ask for one path, one request after the other on each.
 *
 * @param app the application, where the server has several
 */
export const cpuOfRequest = (server, path, asked = {}, app = 'app') => ({
  server,
  async run(stage, { seconds }) {
    const { ports, ask } = await stage.server(server);
    const client = await stage.client();
    const before = await ask('cpu');
    const { figure, clientShare } = await client.ask('requests', {
      port: ports[app],
      path,
      seconds,
      ...asked,
    });
    const cpu = (await ask('cpu')) - before;
    return {
      figure: (cpu / figure.answers) * 1e6,
      rate: figure.answers / figure.seconds,
      clientShare,
    };
  },
});

/** Seconds for one whole download. */
export const secondsOfDownload = (server, path) => ({
  server,
  async run(stage) {
    const { ports } = await stage.server(server);
    const client = await stage.client();
    return client.ask('wholeDownload', { port: ports.app, path });
  },
});

/** CPU time of the server's process, its threads included, for one whole download. */
export const cpuSeconds = (server, path) => ({
  server,
  async run(stage) {
    const { ask } = await stage.server(server);
    const before = await ask('cpu');
    const { clientShare } = await secondsOfDownload(server, path).run(stage);
    return { figure: (await ask('cpu')) - before, clientShare };
  },
});

/** The same for one whole answer of at least so many bytes, whether it says its length or not. */
export const cpuSecondsOfWhole = (server, path, atLeast) => ({
  server,
  async run(stage) {
    const { ports, ask } = await stage.server(server);
    const client = await stage.client();
    const before = await ask('cpu');
    const asked = { port: ports.app, path, atLeast };
    const { clientShare } = await client.ask('whole', asked);
    return { figure: (await ask('cpu')) - before, clientShare };
  },
});

/** Clients that take the first bytes, and then nothing more. */
export const memoryOfStalled = (server, path, clients) =>
  memoryGrowth(server, async ({ ports, ask }, client) => {
    const asked = { port: ports.app, path, clients };
    const { clientShare } = await client.ask('stall', asked);
    await settled(ask);
    return clientShare;
  });

/** Clients that read as fast as they can. */
export const memoryOfReaders = (server, path, clients) =>
  memoryGrowth(server, async ({ ports }, client) => {
    const asked = { port: ports.app, path, clients };
    return (await client.ask('downloads', asked)).clientShare;
  });

/** Clients that read a CSV file of so many rows, one after the other. */
export const memoryOfRows = (server, rows) =>
  memoryGrowth(
    server,
    async ({ ports }, client) => {
      const asked = { port: ports.app, path: `/rows/${rows}`, rows };
      return (await client.ask('rows', asked)).clientShare;
    },
    ({ ports }, client) =>
      client.ask('rows', {
        port: ports.app,
        path: `/rows/${FEW_ROWS}`,
        rows: FEW_ROWS,
      }),
  );

/** Milliseconds until the first byte of a CSV file of so many rows. */
export const millisecondsToFirstByte = (server, rows) => ({
  server,
  async run(stage) {
    const { ports } = await stage.server(server);
    const client = await stage.client();
    const path = `/rows/${rows}`;
    return client.ask('firstByte', { port: ports.app, path });
  },
});

function requestSmallFile({ ports }, client) {
  const seconds = WARM_UP_SECONDS;
  return client.ask('requests', {
    port: ports.app,
    path: '/ours/1k.bin',
    seconds,
  });
}

/**
 * How far the memory of a fresh server grows at most, in MB: from where it is after it has warmed up and a
 * garbage collection. Requests for a small file leave buffers for large files to be made.
 */
function memoryGrowth(server, occupy, warmUp = requestSmallFile) {
  return {
    server,
    isFreshEachRound: true,
    async run(stage) {
      const client = await stage.client();
      const fresh = await stage.fresh(server);
      try {
        await warmUp(fresh, client);
        await fresh.ask('watchMemory');
        const clientShare = await occupy(fresh, client);
        const growth = await fresh.ask('memoryGrowth');
        return { figure: growth / 1e6, clientShare };
      } finally {
        await fresh.stop();
        await client.ask('release');
      }
    },
  };
}

async function settled(ask) {
  let most = await ask('memoryGrowth');
  const end = Date.now() + LONGEST_SETTLING;
  while (Date.now() < end) {
    await setTimeout(SETTLED);
    const now = await ask('memoryGrowth');
    if (now === most) return;
    most = now;
  }
}
