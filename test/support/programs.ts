import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

// jest's globalSetup, which loads this file without resolving imports of the project's own.

/** A program that tests run, its packages on Debian and Ubuntu, and the tests that need it. */
interface Program {
  readonly package: string;
  /** What else has to be there: a module that comes in a package of its own. */
  readonly module?: string;
  readonly neededBy: readonly string[];
}

const PROGRAMS = {
  nginx: {
    package: 'nginx-light',
    neededBy: [
      'test/proxies',
      'test/security',
      'test/e2e',
      'test/packaging',
      'test/stores',
      'test/scale',
    ],
  },
  apache2: {
    package: 'apache2 libapache2-mod-xsendfile',
    module: '/usr/lib/apache2/modules/mod_xsendfile.so',
    neededBy: ['test/proxies', 'test/e2e', 'test/packaging'],
  },
  lighttpd: {
    package: 'lighttpd',
    neededBy: ['test/proxies', 'test/e2e', 'test/packaging'],
  },
  caddy: {
    package: 'caddy',
    neededBy: ['test/proxies', 'test/e2e', 'test/packaging'],
  },
  openssl: { package: 'openssl', neededBy: ['test/proxies'] },
  curl: { package: 'curl', neededBy: ['test/proxies', 'test/clients'] },
  wget: { package: 'wget', neededBy: ['test/clients'] },
  aria2c: { package: 'aria2', neededBy: ['test/clients'] },
  axel: { package: 'axel', neededBy: ['test/clients'] },
  lftp: { package: 'lftp', neededBy: ['test/clients'] },
  zsync: { package: 'zsync', neededBy: ['test/clients'] },
  zsyncmake: { package: 'zsync', neededBy: ['test/clients'] },
  ffmpeg: { package: 'ffmpeg', neededBy: ['test/clients', 'test/browser'] },
  ffprobe: { package: 'ffmpeg', neededBy: ['test/clients'] },
  chromium: { package: 'chromium', neededBy: ['test/browser'] },
  'swift-proxy-server': {
    package: 'swift-proxy swift-account swift-container swift-object',
    module: '/usr/bin/swift-object-server',
    neededBy: ['test/stores', 'test/scale', 'test/e2e'],
  },
  memcached: {
    package: 'memcached',
    neededBy: ['test/stores', 'test/scale', 'test/e2e'],
  },
  radosgw: {
    package: 'ceph-mon ceph-osd radosgw ceph-common ceph-base',
    module: '/usr/bin/ceph-osd',
    neededBy: ['test/stores/ceph'],
  },
  unzip: { package: 'unzip', neededBy: ['test/clients'] },
  '7z': { package: 'p7zip-full', neededBy: ['test/clients'] },
  bsdtar: { package: 'libarchive-tools', neededBy: ['test/clients'] },
  tar: { package: 'tar', neededBy: ['test/clients'] },
  python3: { package: 'python3', neededBy: ['test/clients'] },
  initdb: { package: 'postgresql', neededBy: ['test/e2e', 'test/scale'] },
} satisfies Record<string, Program>;
export type ProgramName = keyof typeof PROGRAMS;

// Debian keeps servers where only root's PATH leads to.
const DIRECTORIES = [
  ...(process.env.PATH ?? '').split(delimiter),
  '/usr/local/sbin',
  '/usr/sbin',
  ...postgresDirectories(),
];
const NO_SERVICES = '/usr/sbin/policy-rc.d';
/** Packages that would have a server start with the machine. */
const SERVICES: Partial<Record<string, string>> = {
  'nginx-light': 'nginx',
  apache2: 'apache2',
  lighttpd: 'lighttpd',
  caddy: 'caddy',
  postgresql: 'postgresql',
  memcached: 'memcached',
  'swift-proxy': 'swift-proxy',
  'swift-account': 'swift-account',
  'swift-container': 'swift-container',
  'swift-object': 'swift-object',
};

const STORE_SERVERS = 'test/stores/servers';
const NEEDS_STORE_SERVERS = /\/(?:azure|google)[^/]*$/;

/** Where a program is, if it is there. */
export function findProgram(name: ProgramName): string | undefined {
  const { module }: Program = PROGRAMS[name];
  if (module !== undefined && !existsSync(module)) return undefined;
  return DIRECTORIES.filter((directory) => directory !== '')
    .map((directory) => join(directory, name))
    .find((path) => existsSync(path));
}

/** What to type where a program is missing. */
export function installCommand(name: ProgramName): string {
  return `sudo apt-get install ${PROGRAMS[name].package}`;
}

/** Debian has a directory for every version, none of them in PATH. */
function postgresDirectories(): string[] {
  const versions = '/usr/lib/postgresql';
  if (!existsSync(versions)) return [];
  return readdirSync(versions)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(versions, version, 'bin'));
}

interface JestRun {
  readonly rootDir: string;
  readonly testPathPatterns: {
    toExecutor(options: { rootDir: string }): {
      isMatch(path: string): boolean;
    };
  };
}

interface JestProject {
  readonly testPathIgnorePatterns: readonly string[];
}

/** Installs what the tests of this run need and the machine lacks, before they run side by side. */
export default async function installMissingPrograms(
  run: JestRun,
  { testPathIgnorePatterns }: JestProject,
): Promise<void> {
  const isLeftOut = ({ neededBy }: Program): boolean =>
    neededBy.every((directory) =>
      testPathIgnorePatterns.some((pattern) =>
        new RegExp(pattern).test(join(run.rootDir, directory, '/')),
      ),
    );
  const missing = (Object.keys(PROGRAMS) as ProgramName[]).filter(
    (name) =>
      !findProgram(name) &&
      !isLeftOut(PROGRAMS[name]) &&
      isNeeded(PROGRAMS[name], run),
  );
  if (missing.length > 0 && mayInstall()) {
    await install(missing.flatMap((name) => PROGRAMS[name].package.split(' ')));
  }
  await installStoreServers(run);
}

/** As large as all that the project depends on, so nobody has them who does not run these tests. */
async function installStoreServers(run: JestRun): Promise<void> {
  const directory = join(run.rootDir, STORE_SERVERS);
  const neededBy = ['test/stores'];
  const isThere = existsSync(join(directory, 'node_modules'));
  if (
    isThere ||
    !isNeeded({ package: '', neededBy }, run, NEEDS_STORE_SERVERS)
  ) {
    return;
  }
  console.log('Installing the emulators of stores for the tests ...');
  await promisify(execFile)('npm', [
    ...['ci', '--prefix', directory, '--ignore-scripts'],
    ...['--no-audit', '--no-fund'],
  ]).catch(report);
}

function isNeeded(
  { neededBy }: Program,
  { rootDir, testPathPatterns }: JestRun,
  among = /./,
): boolean {
  const wanted = testPathPatterns.toExecutor({ rootDir });
  return neededBy.some((directory) =>
    specsIn(join(rootDir, directory))
      .filter((path) => among.test(path))
      .some((path) => wanted.isMatch(path)),
  );
}

function specsIn(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.name === 'node_modules') return [];
    if (entry.isDirectory()) return specsIn(path);
    return entry.name.endsWith('.spec.ts') ? [path] : [];
  });
}

function mayInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

async function install(packages: readonly string[]): Promise<void> {
  console.log(`Installing ${packages.join(', ')} for the tests ...`);
  await withoutStartingServices(async () => {
    await aptGet('update');
    try {
      await aptGetInstall(...packages);
    } catch {
      // A package that this system does not have must not keep the others away.
      for (const name of packages) await aptGetInstall(name).catch(report);
    }
  }).catch(report);
  await disableServices(packages);
}

/** The machine was lacking them: nobody wants them to start with it. */
async function disableServices(packages: readonly string[]): Promise<void> {
  const services = packages.flatMap((name) => SERVICES[name] ?? []);
  if (services.length === 0 || !existsSync('/usr/bin/systemctl')) return;
  await promisify(execFile)('systemctl', ['disable', ...services]).catch(
    report,
  );
}

/** The tests that need it say so themselves. */
function report(error: Error): void {
  console.error(error.message);
}

function aptGetInstall(...packages: string[]): Promise<void> {
  return aptGet('install', '--no-install-recommends', ...packages);
}

async function aptGet(...parameters: string[]): Promise<void> {
  await promisify(execFile)(
    'apt-get',
    ['-y', '-q', '-o', 'DPkg::Lock::Timeout=120', ...parameters],
    { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } },
  );
}

/** Debian starts a server that it installs, unless this file forbids it. */
async function withoutStartingServices(
  action: () => Promise<void>,
): Promise<void> {
  if (existsSync(NO_SERVICES)) return action();
  await writeFile(NO_SERVICES, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await action();
  } finally {
    await rm(NO_SERVICES);
  }
}
