import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { mkdir, readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';

import {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';

import { eventually } from '../eventually.js';
import { findProgram, installCommand } from '../programs.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../files/temporary-directory.js';

/** A server that speaks S3, with one empty bucket. */
export interface S3Server {
  /** `http://127.0.0.1:port` */
  readonly endpoint: string;
  readonly bucket: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
  };
  stop(): Promise<void>;
}

const BUCKET = 'files';
const CREDENTIALS = {
  accessKeyId: 'test:tester',
  secretAccessKey: 'testing',
};
const STORAGE_SERVERS = ['account', 'container', 'object'] as const;
const PYTHON = '/usr/bin/python3';

// Somebody else may have taken a port between the look and the start.
const ATTEMPTS = 3;

/** OpenStack Swift with its S3 interface on ports of its own: four servers and a memcached. */
export async function startSwift(): Promise<S3Server> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

async function startOnce(): Promise<S3Server> {
  for (const program of ['swift-proxy-server', 'memcached'] as const) {
    if (!findProgram(program)) throw new Error(installCommand(program));
  }
  const directory = await temporaryDirectory();
  const ports = await freePorts(5);
  const children: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(children.map(ended));
    await directory.remove();
  };
  const [proxyPort = 0] = ports;
  const endpoint = `http://127.0.0.1:${proxyPort}`;
  try {
    await writeConfiguration(directory, ports);
    children.push(...startServers(directory, ports));
    const ending = children.map(async (child) => {
      await once(child, 'exit');
      throw new Error(`${child.spawnargs.at(-1)} ended`);
    });
    // Afterwards they are ended on purpose.
    for (const end of ending) end.catch(() => undefined);
    await Promise.race([hasBucket(endpoint, CREDENTIALS), ...ending]);
    return { endpoint, bucket: BUCKET, credentials: CREDENTIALS, stop };
  } catch (error) {
    const told = await readFile(`${directory.path}/log`, 'utf8').catch(
      () => '',
    );
    await stop();
    throw new Error(`Swift did not start. ${told}`, { cause: error });
  }
}

/** A client for it, as its documentation has it. */
export function clientOf(
  { credentials }: Pick<S3Server, 'credentials'>,
  endpoint: string,
): S3Client {
  return new S3Client({
    endpoint,
    credentials,
    region: 'us-east-1',
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
}

/** Five processes in Python take their time where others want the processor, too. */
const START_PATIENCE = 40_000;

/** Waits for a server to take its bucket, and files in it: those have a server of their own. */
export async function hasBucket(
  endpoint: string,
  credentials: S3Server['credentials'],
): Promise<void> {
  const client = clientOf({ credentials }, endpoint);
  let failure: unknown;
  const isDone = (answer: Promise<unknown>): Promise<boolean> =>
    answer.then(
      () => true,
      (error: unknown) => {
        failure = error;
        return false;
      },
    );
  const file = { Bucket: BUCKET, Key: 'first' };
  const isThere =
    (await eventually(
      true,
      () => isDone(client.send(new CreateBucketCommand({ Bucket: BUCKET }))),
      START_PATIENCE,
    )) &&
    (await eventually(
      true,
      () => isDone(client.send(new PutObjectCommand({ ...file, Body: 'a' }))),
      START_PATIENCE,
    ));
  if (isThere) await client.send(new DeleteObjectCommand(file));
  client.destroy();
  if (!isThere) throw failure;
}

// Below those that the system gives to clients: one of theirs could be taken before the server has it.
const LOWEST_PORT = 15_000;
const HIGHEST_PORT = 32_000;

/** They are free now; nobody keeps them. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listening = new Promise<boolean>((resolve) => {
    server
      .once('listening', () => resolve(true))
      .once('error', () => resolve(false));
  });
  server.listen(port, '127.0.0.1');
  if (!(await listening)) return false;
  server.close();
  await once(server, 'close');
  return true;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

function startServers(
  { path }: TemporaryDirectory,
  ports: readonly number[],
): ChildProcess[] {
  const log = `${path}/log`;
  const start = (...command: string[]): ChildProcess =>
    spawn('sh', ['-c', 'exec "$@" >>"$0" 2>&1', log, ...command], {
      stdio: 'ignore',
    });
  return [
    start(
      findProgram('memcached') ?? 'memcached',
      ...['-u', userInfo().username, '-l', '127.0.0.1'],
      ...['-p', String(ports.at(-1)), '-m', '64', '-U', '0'],
    ),
    ...[...STORAGE_SERVERS, 'proxy'].map((name) =>
      start(PYTHON, `/usr/bin/swift-${name}-server`, `${path}/${name}.conf`),
    ),
  ];
}

async function writeConfiguration(
  directory: TemporaryDirectory,
  [proxyPort = 0, account = 0, container = 0, object = 0, cache = 0]: number[],
): Promise<void> {
  const { path } = directory;
  await mkdir(`${path}/node/d1`, { recursive: true });
  const ports = { account, container, object };
  await promisify(execFile)(PYTHON, ['-c', RINGS, path, JSON.stringify(ports)]);
  for (const name of STORAGE_SERVERS) {
    await directory.write(
      `${name}.conf`,
      storageServer(path, name, ports[name]),
    );
  }
  await directory.write('proxy.conf', proxyServer(path, proxyPort, cache));
}

/** Where each piece lies: there is only one place. */
const RINGS = `
import json, sys
from swift.common.ring import RingBuilder
path, ports = sys.argv[1], json.loads(sys.argv[2])
for name, port in ports.items():
    ring = RingBuilder(1, 1, 0)
    ring.add_dev({'id': 0, 'region': 1, 'zone': 1, 'ip': '127.0.0.1', 'port': port,
                  'device': 'd1', 'weight': 1.0})
    ring.rebalance()
    ring.get_ring().save('%s/%s.ring.gz' % (path, name))
`;

function common(path: string, port: number): string {
  return `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
workers = 0
user = ${userInfo().username}
swift_dir = ${path}
log_address = /dev/null
log_level = ERROR
`;
}

function storageServer(path: string, name: string, port: number): string {
  return `${common(path, port)}devices = ${path}/node
mount_check = false
disable_fallocate = true
[pipeline:main]
pipeline = ${name}-server
[app:${name}-server]
use = egg:swift#${name}
disk_chunk_size = 262144
network_chunk_size = 262144
fsync_dir = false
`;
}

const FILTERS = [
  'catch_errors',
  'gatekeeper',
  'listing_formats',
  'cache',
  's3api',
  'tempauth',
  'copy',
  'bulk',
  'slo',
  'dlo',
];

function proxyServer(path: string, port: number, cachePort: number): string {
  const settings: Record<string, string> = {
    cache: `memcache_servers = 127.0.0.1:${cachePort}`,
    s3api: `location = us-east-1
dns_compliant_bucket_names = yes
check_bucket_owner = false
allow_multipart_uploads = yes
min_segment_size = 5242880`,
    tempauth: 'user_test_tester = testing .admin',
  };
  const filters = FILTERS.map(
    (name) => `[filter:${name}]
use = egg:swift#${name === 'cache' ? 'memcache' : name}
${settings[name] ?? ''}
`,
  ).join('');
  return `${common(path, port)}[pipeline:main]
pipeline = ${FILTERS.join(' ')} proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
node_timeout = 30
object_chunk_size = 262144
client_chunk_size = 262144
${filters}`;
}
