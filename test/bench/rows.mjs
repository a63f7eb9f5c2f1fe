// What is measured: the library, what it is held against, and how far ahead it has to be.
import {
  cpuSeconds,
  cpuSecondsOfWhole,
  memoryOfReaders,
  memoryOfRows,
  memoryOfStalled,
  millisecondsToFirstByte,
  requestsPerSecond,
  bytesPerSecond,
} from './tasks.mjs';
import { GIB, KIB, MIB } from './sizes.mjs';

const atLeast = (ratio) => ({ atLeast: ratio });
const atMost = (ratio) => ({ atMost: ratio });
const under = (limit) => ({ under: limit });
const peer = (name, task, target) => ({ name, task, target });
/** No rival, but how far a handler of Nest gets at all: without a file. */
const limit = (name, task) => ({ name, task });

const onExpress = (path, asked) => requestsPerSecond('express', path, asked);
const onFastify = (path) => requestsPerSecond('fastify', path);
const behindNginx = (path) => requestsPerSecond('behind nginx', path);
const download = (path) => bytesPerSecond('express', path);

const RANGES = [
  '1g.bin',
  { randomRange: { length: 64 * KIB, of: GIB } },
  '64k',
];
const REVALIDATION = ['1k.bin', { isRevalidation: true }, '0k'];
const HEAD = ['1k.bin', { method: 'HEAD' }, '0k'];

const LARGE = [
  {
    name: 'large',
    title: '1 GiB, one client',
    unit: 'bytes/s',
    ours: download('/ours/1g.bin'),
    peers: [
      peer(
        'StreamableFile(createReadStream)',
        download('/streamable/1g.bin'),
        atLeast(5),
      ),
      peer('res.download', download('/download/1g.bin'), atLeast(4)),
      peer(
        'nginx, sendfile on',
        bytesPerSecond('nginx', '/1g.bin'),
        atLeast(1.5),
      ),
    ],
  },
  {
    name: 'cpu',
    title: '1 GiB, CPU time of the server',
    unit: 'seconds',
    ours: cpuSeconds('express', '/ours/1g.bin'),
    peers: [
      peer(
        'res.download',
        cpuSeconds('express', '/download/1g.bin'),
        atMost(0.25),
      ),
    ],
  },
];

const small = (name, size, file, [streamable, resDownload, fixed]) => ({
  name,
  title: `${size}, 32 connections`,
  unit: 'requests/s',
  ours: onExpress(`/ours/${file}`),
  peers: [
    peer(
      'StreamableFile(createReadStream)',
      onExpress(`/streamable/${file}`),
      atLeast(streamable),
    ),
    peer('res.download', onExpress(`/download/${file}`), atLeast(resDownload)),
    peer('express.static', onExpress(`/static/${file}`), atLeast(fixed)),
    limit('no file: res.end(bytes)', onExpress(`/memory/${file}`)),
  ],
});

const againstSendFile = (name, title, [file, asked, size], ratio) => ({
  name,
  title,
  unit: 'requests/s',
  ours: onExpress(`/ours/${file}`, asked),
  peers: [
    peer('res.sendFile', onExpress(`/sendfile/${file}`, asked), atLeast(ratio)),
    limit('no file: res.end(bytes)', onExpress(`/memory/${size}.bin`)),
  ],
});

const OFFLOAD = {
  name: 'offload',
  title: '1 KiB offloaded to nginx',
  unit: 'requests/s',
  ours: behindNginx('/ours/1k.bin'),
  peers: [
    peer(
      "a handler that returns 'hello' behind nginx",
      behindNginx('/hello'),
      atLeast(0.9),
    ),
  ],
};

const MEMORY = [
  {
    name: 'stalled',
    title: '1,000 clients that stop reading 1 GiB, growth of RSS',
    unit: 'MB',
    ours: memoryOfStalled('express', '/ours/1g.bin', 1000),
    limit: under(100),
  },
  {
    name: 'readers',
    title: '10 clients that read 1 GiB at once, growth of RSS',
    unit: 'MB',
    ours: memoryOfReaders('express', '/ours/1g.bin', 10),
    limit: under(64),
  },
];

const FASTIFY = [
  {
    name: 'fastify-medium',
    title: 'Fastify: 100 KiB, 32 connections',
    unit: 'requests/s',
    ours: onFastify('/ours/100k.bin'),
    peers: [
      peer('@fastify/static', onFastify('/static/100k.bin'), atLeast(1.4)),
    ],
  },
  {
    name: 'fastify-large',
    title: 'Fastify: 1 GiB, one client',
    unit: 'bytes/s',
    ours: bytesPerSecond('fastify', '/ours/1g.bin'),
    peers: [
      peer(
        '@fastify/static',
        bytesPerSecond('fastify', '/static/1g.bin'),
        atLeast(4),
      ),
    ],
  },
];

const archive = (name, title, set, bytes, [yazl, archiver]) => {
  const of = (path) => cpuSecondsOfWhole('archives', `/${path}/${set}`, bytes);
  return {
    name,
    title: `${title}, CPU time of the server`,
    unit: 'seconds',
    ours: of('ours'),
    peers: [
      peer('yazl', of('yazl'), atMost(yazl)),
      peer('archiver', of('archiver'), atMost(archiver)),
      limit('the same as a TarFile', of('tar')),
    ],
  };
};

const ARCHIVES = [
  archive(
    'zip-small',
    'ZIP file of 10,000 files of 4 KiB',
    'small',
    10_000 * 4 * KIB,
    [1, 0.5],
  ),
  archive(
    'zip-large',
    'ZIP file of 16 files of 64 MiB',
    'large',
    16 * 64 * MIB,
    [0.6, 1],
  ),
];

const ROWS_OF_CSV = 1_000_000;
const CSV = [
  {
    name: 'csv',
    title: '1,000,000 rows of PostgreSQL as CSV, growth of RSS',
    unit: 'MB',
    ours: memoryOfRows('rows', ROWS_OF_CSV),
    limit: under(32),
  },
  {
    name: 'csv-first-byte',
    title: '1,000,000 rows of PostgreSQL as CSV, first byte',
    unit: 'ms',
    ours: millisecondsToFirstByte('rows', ROWS_OF_CSV),
    limit: under(200),
  },
];

export const ROWS = [
  ...LARGE,
  small('small', '1 KiB', '1k.bin', [1.3, 1.2, 1.0]),
  small('medium', '100 KiB', '100k.bin', [1.5, 1.4, 1.4]),
  againstSendFile('ranges', 'random 64 KiB of 1 GiB', RANGES, 1.5),
  againstSendFile('304', '304', REVALIDATION, 1.3),
  againstSendFile('head', 'HEAD', HEAD, 1.3),
  OFFLOAD,
  ...MEMORY,
  ...FASTIFY,
  ...ARCHIVES,
  ...CSV,
];
