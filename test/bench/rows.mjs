// What is measured: the library, what it is held against, and how far ahead it has to be.
import {
  cpuOfRequest,
  cpuSeconds,
  cpuSecondsOfWhole,
  memoryOfReaders,
  memoryOfRows,
  memoryOfStalled,
  millisecondsToFirstByte,
  secondsOfDownload,
} from './tasks.mjs';
import { GIB, KIB, MIB } from './sizes.mjs';

/** @param target their figure divided by ours, at least; none where it is only to be known */
const peer = (name, task, target) => ({ name, task, target });
const under = (limit) => ({ under: limit });

const BY_HAND = 'the same by hand';
const STREAMABLE = 'StreamableFile(createReadStream)';

const RANGES = { randomRange: { length: 64 * KIB, of: GIB } };
const REVALIDATION = { isRevalidation: true };

/** One request, on an adapter. */
const requests = (adapter) => {
  const title = adapter === 'express' ? 'Express' : 'Fastify';
  const fixed = adapter === 'express' ? 'express.static' : '@fastify/static';
  const on = (path, asked) => cpuOfRequest(adapter, path, asked);
  const row = (name, what, [path, asked], peers) => ({
    name: `${adapter}-${name}`,
    title: `${title}, ${what}`,
    unit: 'us',
    ours: on(`/ours/${path}`, asked),
    peers: peers.map(([against, where, target]) =>
      peer(against, on(`/${where}/${path}`, asked), target),
    ),
  });
  const against = (target) => [
    [BY_HAND, 'by-hand'],
    [fixed, 'static', target],
  ];
  return { title, row, fixed, against };
};

const offload = (adapter) => {
  const server = `offloading on ${adapter}`;
  return {
    name: `${adapter}-offload`,
    title: `${requests(adapter).title}, 1 KiB offloaded`,
    unit: 'us',
    ours: cpuOfRequest(server, '/ours/1k.bin'),
    peers: [
      peer(BY_HAND, cpuOfRequest(server, '/offloaded-by-hand/1k.bin'), 0.85),
      peer('sendfile()', cpuOfRequest(server, '/sendfile/1k.bin')),
    ],
  };
};

/** What a module costs routes that it has nothing to do with. */
const hello = (adapter) => {
  const on = (app) => cpuOfRequest(`hello on ${adapter}`, '/hello', {}, app);
  return {
    name: `${adapter}-hello`,
    title: `${requests(adapter).title}, a route that returns 'hello'`,
    unit: 'us',
    ours: on('app'),
    peers: [
      peer('behind a global interceptor that does nothing', on('idle'), 0.97),
      peer('without any interceptor', on('without')),
    ],
  };
};

/** The same where the module looks at downloads alone. */
const helloBeside = (adapter) => {
  const on = (app) => cpuOfRequest(`hello on ${adapter}`, '/hello', {}, app);
  return {
    name: `${adapter}-hello-beside`,
    title: `${requests(adapter).title}, 'hello', only downloads are intercepted`,
    unit: 'us',
    ours: on('downloads'),
    peers: [peer('without any interceptor', on('without'), 0.97)],
  };
};

const events = (adapter) => {
  const on = (app) =>
    cpuOfRequest(`events on ${adapter}`, '/ours/1k.bin', {}, app);
  return {
    name: `${adapter}-events`,
    title: `${requests(adapter).title}, 1 KiB, nobody listens to events`,
    unit: 'us',
    ours: on('app'),
    peers: [peer('the same with a listener', on('heard'))],
  };
};

const onExpress = requests('express');
const onFastify = requests('fastify');

const REQUESTS = [
  onExpress.row(
    '1k',
    '1 KiB',
    ['1k.bin'],
    [
      [BY_HAND, 'by-hand', 0.85],
      [STREAMABLE, 'streamable', 1.4],
      ['res.download', 'download', 1.3],
      [onExpress.fixed, 'static', 1.05],
      ['sendfile()', 'sendfile'],
    ],
  ),
  onExpress.row('100k', '100 KiB', ['100k.bin'], onExpress.against(1.2)),
  onExpress.row(
    'ranges',
    '64 KiB of 1 GiB',
    ['1g.bin', RANGES],
    onExpress.against(1.1),
  ),
  onExpress.row('304', '304', ['1k.bin', REVALIDATION], onExpress.against(0.7)),
  offload('express'),
  hello('express'),
  helloBeside('express'),
  events('express'),
  onFastify.row(
    '1k',
    '1 KiB',
    ['1k.bin'],
    [
      [BY_HAND, 'by-hand', 0.85],
      [STREAMABLE, 'streamable', 1.7],
      [onFastify.fixed, 'static', 1.5],
      ['sendfile()', 'sendfile'],
    ],
  ),
  onFastify.row('100k', '100 KiB', ['100k.bin'], onFastify.against(2.6)),
  onFastify.row(
    'ranges',
    '64 KiB of 1 GiB',
    ['1g.bin', RANGES],
    onFastify.against(2),
  ),
  onFastify.row('304', '304', ['1k.bin', REVALIDATION], onFastify.against(1.3)),
  offload('fastify'),
  hello('fastify'),
  helloBeside('fastify'),
  events('fastify'),
];

const large = (adapter, [more, less], others = []) => {
  const { title, fixed } = requests(adapter);
  return [
    {
      name: `${adapter}-large`,
      title: `${title}, 1 GiB, one client`,
      unit: 'seconds',
      ours: secondsOfDownload(adapter, '/ours/1g.bin'),
      peers: [
        peer(fixed, secondsOfDownload(adapter, '/static/1g.bin'), more),
        ...others,
      ],
    },
    {
      name: `${adapter}-large-cpu`,
      title: `${title}, 1 GiB, CPU time of the server`,
      unit: 'seconds',
      ours: cpuSeconds(adapter, '/ours/1g.bin'),
      peers: [peer(fixed, cpuSeconds(adapter, '/static/1g.bin'), less)],
    },
  ];
};

const LARGE = [
  ...large(
    'express',
    [3, 2.4],
    [
      peer(STREAMABLE, secondsOfDownload('express', '/streamable/1g.bin')),
      peer('nginx, sendfile on', secondsOfDownload('nginx', '/1g.bin')),
    ],
  ),
  ...large('fastify', [4, 3]),
];

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

const archive = (name, title, set, bytes, [yazl, archiver]) => {
  const of = (path) => cpuSecondsOfWhole('archives', `/${path}/${set}`, bytes);
  return {
    name,
    title: `${title}, CPU time of the server`,
    unit: 'seconds',
    ours: of('ours'),
    peers: [
      peer('yazl', of('yazl'), yazl),
      peer('archiver', of('archiver'), archiver),
      peer('the same as a TarFile', of('tar')),
    ],
  };
};

const ARCHIVES = [
  archive(
    'zip-small',
    'ZIP file of 10,000 files of 4 KiB',
    'small',
    10_000 * 4 * KIB,
    [1, 2],
  ),
  archive(
    'zip-large',
    'ZIP file of 16 files of 64 MiB',
    'large',
    16 * 64 * MIB,
    [1.6, 1],
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

/** `isQuick`: it is measured by requests of some microseconds each, of which a short round has enough. */
export const ROWS = [
  ...REQUESTS.map((row) => ({ ...row, isQuick: true })),
  ...LARGE,
  ...MEMORY,
  ...ARCHIVES,
  ...CSV,
];
