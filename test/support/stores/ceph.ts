import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { eventually } from '../eventually.js';
import { findProgram, installCommand } from '../programs.js';
import { freePorts, hasBucket, type S3Server } from './swift.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../files/temporary-directory.js';

const BUCKET = 'files';
const CREDENTIALS = { accessKeyId: 'AKTEST', secretAccessKey: 'SKTEST' };
const PATIENCE = 60_000;
const DAEMONS = ['mon.a', 'osd.0', 'client.rgw'];

/** Ceph's gateway for S3, over a monitor and one store that keeps all in memory. */
export async function startCeph(): Promise<S3Server> {
  if (!findProgram('radosgw')) throw new Error(installCommand('radosgw'));
  const directory = await temporaryDirectory();
  const [monitor = 0, gateway = 0] = await freePorts(2);
  const { path } = directory;
  for (const name of ['mon', 'osd.0', 'rgw', 'log']) {
    await mkdir(join(path, name));
  }
  const fsid = randomUUID();
  const file = await directory.write(
    'ceph.conf',
    configuration(path, fsid, monitor, gateway),
  );
  const run = (program: string, ...parameters: string[]): Promise<unknown> =>
    promisify(execFile)(program, parameters);
  const ceph = (program: string, ...parameters: string[]): Promise<unknown> =>
    run(program, '-c', file, ...parameters);
  const stop = (): Promise<void> => stopped(directory);
  try {
    const map = join(path, 'monmap');
    const address = `[v1:127.0.0.1:${monitor}]`;
    await run(
      'monmaptool',
      ...['--create', '--clobber', '--fsid', fsid, '--addv', 'a', address, map],
    );
    const data = ['-i', 'a', '--mon-data', join(path, 'mon')];
    await ceph('ceph-mon', '--mkfs', '--monmap', map, ...data);
    await ceph('ceph-mon', ...data);
    await ceph('ceph', 'osd', 'create');
    await ceph('ceph', 'osd', 'crush', 'add-bucket', 'default', 'root');
    await ceph('ceph', ...'osd crush add osd.0 1.0 root=default'.split(' '));
    await ceph(
      'ceph-osd',
      ...['-i', '0', '--mkfs', '--osd-uuid', randomUUID()],
    );
    await ceph('ceph-osd', '-i', '0');
    await eventually(
      true,
      async () => {
        const { stdout } = await promisify(execFile)('ceph', [
          '-c',
          file,
          '-s',
        ]);
        return stdout.includes('1 up');
      },
      PATIENCE,
    );
    await ceph(
      'radosgw-admin',
      ...['user', 'create', '--uid=tests', '--display-name=tests'],
      `--access-key=${CREDENTIALS.accessKeyId}`,
      `--secret-key=${CREDENTIALS.secretAccessKey}`,
    );
    await ceph('radosgw', '-n', 'client.rgw');
    const endpoint = `http://127.0.0.1:${gateway}`;
    await hasBucket(endpoint, CREDENTIALS);
    return { endpoint, bucket: BUCKET, credentials: CREDENTIALS, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** They run on their own; each has left its number. */
async function stopped(directory: TemporaryDirectory): Promise<void> {
  for (const name of DAEMONS.toReversed()) {
    const pid = Number(
      await readFile(join(directory.path, `${name}.pid`), 'utf8').catch(
        () => '',
      ),
    );
    if (pid > 1) process.kill(pid, 'SIGKILL');
  }
  await directory.remove();
}

function configuration(
  path: string,
  fsid: string,
  monitor: number,
  gateway: number,
): string {
  return `[global]
fsid = ${fsid}
mon_host = [v1:127.0.0.1:${monitor}]
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
mon_data_avail_warn = 0
mon_data_avail_crit = 0
run_dir = ${path}
pid_file = ${path}/$name.pid
admin_socket = ${path}/$name.asok
log_file = ${path}/log/$name.log
ms_bind_ipv6 = false
[mon]
mon_data = ${path}/mon
[osd]
osd_objectstore = memstore
osd_class_update_on_start = false
osd_crush_update_on_start = false
osd_data = ${path}/osd.0
memstore_device_bytes = 2147483648
osd_class_load_list = *
osd_class_default_list = *
[client.rgw]
rgw_frontends = beast endpoint=127.0.0.1:${gateway}
rgw_data = ${path}/rgw
rgw_enable_ops_log = false
rgw_dns_name = localhost
`;
}
