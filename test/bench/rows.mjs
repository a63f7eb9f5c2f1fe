// What is measured: each row has the library's figure and those of its peers, taken in turn.
import { bytesPerSecond, requestsPerSecond } from './load.mjs';

const GIB = 1024 ** 3;
const SECONDS = 2;

const rate =
  (path, choice = {}) =>
  ({ port }) =>
    requestsPerSecond(port, () => ({ path, ...choice }), { seconds: SECONDS });
const speed =
  (path) =>
  ({ port }) =>
    bytesPerSecond(port, path);
const cpu =
  (path) =>
  async ({ port, usage }) => {
    const before = (await usage()).cpu;
    await bytesPerSecond(port, path);
    const after = (await usage()).cpu;
    return (after.user + after.system - before.user - before.system) / 1e6;
  };
const ranges =
  (path) =>
  ({ port }) =>
    requestsPerSecond(
      port,
      () => {
        const start = Math.floor(Math.random() * (GIB - 65536));
        return {
          path,
          headers: { Range: `bytes=${start}-${start + 65535}` },
          expected: [206],
        };
      },
      { seconds: SECONDS },
    );
const notModified = {
  headers: { 'If-Modified-Since': new Date(Date.now() + 1e6).toUTCString() },
  expected: [304],
};

export const ROWS = [
  {
    name: 'large',
    title: '1 GiB, one client, bytes/s',
    ours: speed('/ours/1g.bin'),
    peers: {
      StreamableFile: [speed(`/streamable/1g.bin`), 5],
      'res.download': [speed('/download/1g.bin'), 4],
    },
  },
  {
    name: 'cpu',
    title: '1 GiB, server CPU seconds',
    ours: cpu('/ours/1g.bin'),
    peers: { 'res.download': [cpu('/download/1g.bin'), 0.25] },
    lessIsMore: true,
  },
  ...[
    ['small', '1 KiB', '1k.bin', [1.3, 1.2, 1.0]],
    ['medium', '100 KiB', '100k.bin', [1.5, 1.4, 1.4]],
  ].map(([name, size, file, [streamable, download, fixed]]) => ({
    name,
    title: `${size}, 32 connections, requests/s`,
    ours: rate(`/ours/${file}`),
    peers: {
      StreamableFile: [rate(`/streamable/${file}`), streamable],
      'res.download': [rate(`/download/${file}`), download],
      'express.static': [rate(`/static/${file}`), fixed],
    },
  })),
  {
    name: 'ranges',
    title: 'random 64 KiB of 1 GiB, requests/s',
    ours: ranges('/ours/1g.bin'),
    peers: { 'res.sendFile': [ranges('/sendfile/1g.bin'), 1.5] },
  },
  {
    name: 'head',
    title: 'HEAD, requests/s',
    ours: rate('/ours/1k.bin', { method: 'HEAD' }),
    peers: {
      'res.sendFile': [rate('/sendfile/1k.bin', { method: 'HEAD' }), 1.3],
    },
  },
  {
    name: '304',
    title: '304, requests/s',
    ours: rate('/ours/1k.bin', notModified),
    peers: { 'res.sendFile': [rate('/sendfile/1k.bin', notModified), 1.3] },
  },
];
