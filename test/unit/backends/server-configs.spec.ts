import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import {
  apache,
  caddy,
  type DownloadBackend,
  InvalidOptionsError,
  lighttpd,
  nginx,
  type PathRule,
  type ServerConfigOptions,
} from 'nestjs-downloadview';

const UPSTREAM = { upstream: '127.0.0.1:3000' };
const LEAST: readonly PathRule[] = [{ sourceDir: '/srv/media' }];
const MOST: readonly PathRule[] = [
  { sourceDir: '/srv/it\'s "my" \\ media/' },
  { sourceDir: '/srv/reports/', destinationDir: '/mnt/reports/' },
  {
    sourceUrl: 'https://files.example/media/',
    destinationDir: '/mnt/media/',
  },
];
const EVERYTHING: ServerConfigOptions = {
  upstream: 'application:3000',
  listen: '127.0.0.1:8080',
  serverName: 'files.example www.files.example',
  user: 'www-data',
  directory: '/run/down load',
};
const LOCATIONS = ['/_offload/', '/_reports/', '/_media/'];

function located(
  rules: readonly PathRule[],
): (PathRule & { destination: string })[] {
  return rules.map((rule, index) => ({
    ...rule,
    destination: LOCATIONS[index],
  }));
}

const BACKENDS: Record<
  string,
  (rules: readonly PathRule[]) => DownloadBackend
> = {
  apache: (rules) => apache({ rules, pathEncoding: 'raw' }),
  lighttpd: (rules) => lighttpd({ rules }),
  caddy: (rules) => caddy({ rules: located(rules), pathEncoding: 'raw' }),
};
const NAMES = Object.keys(BACKENDS);

function printed(
  backend: DownloadBackend,
  server: ServerConfigOptions = UPSTREAM,
): string {
  return backend.serverConfig?.(server) ?? '';
}

function golden(name: string): Promise<string> {
  return readFile(join(import.meta.dirname, name), 'utf8');
}

describe.each(NAMES)('the printed configuration of %s', (name) => {
  const backendWith = BACKENDS[name];

  it(`is ${name}-least.conf for one rule and nothing else`, async () => {
    const text = printed(backendWith(LEAST));

    expect(text).toBe(await golden(`${name}-least.conf`));
  });

  it(`is ${name}-most.conf with all that can be said`, async () => {
    const text = printed(backendWith(MOST), EVERYTHING);

    expect(text).toBe(await golden(`${name}-most.conf`));
  });

  it(`is ${name}-include.conf where it is to be included, whatever else is said`, async () => {
    const backend = backendWith(LEAST);
    const least = printed(backend, { ...UPSTREAM, include: true });
    const most = printed(backend, {
      ...EVERYTHING,
      ...UPSTREAM,
      include: true,
    });

    expect(least).toBe(await golden(`${name}-include.conf`));
    expect(most).toBe(least);
  });

  it.each([
    ['upstream', undefined],
    ['upstream', ''],
    ['upstream', 3000],
    ['upstream', '3000'],
    ['upstream', '127.0.0.1'],
    ['upstream', 'http://127.0.0.1:3000'],
    ['upstream', 'unix:/run/app.sock'],
    ['upstream', 'app 3000'],
    ['upstream', '127.0.0.1:99999'],
    ['accessLog', 'access.log'],
    ['accessLog', true],
    ['accessLog', '/var/log/$host'],
    ['timeout', 0],
    ['timeout', '60s'],
    ['headers', 'X-Own'],
    ['headers[1]', ['X-Own', 'a b']],
    ['headers[0]', ['X-Sendfile']],
    ['headers[0]', ['Content-Length']],
    ['requestHeaders', 'X-Own: 1'],
    ['requestHeaders.X-Own', { 'X-Own': 1 }],
    ['requestHeaders.X-Own', { 'X-Own': 'a\r\nb' }],
    ['requestHeaders.a b', { 'a b': '1' }],
    ['requestHeaders.X-Accel-Redirect', { 'X-Accel-Redirect': '/' }],
    ['requestHeaders.Connection', { Connection: 'close' }],
    ['upstream', '127.0.0.1:3000 #'],
    ['upstream', '127.0.0.1:3000}'],
    ['upstream', 'a\nb:1'],
    ['listen', 80.5],
    ['listen', '80 ssl'],
    ['listen', '80\n'],
    ['listen', 'localhost'],
    ['serverName', 'a; b'],
    ['serverName', '~^a$'],
    ['serverName', 'a/b'],
    ['serverName', null],
    ['user', 'www-data; x'],
    ['user', ''],
    ['directory', 'run'],
    ['directory', '/run/$pid'],
    ['directory', '/run\n/a'],
    ['completions', {}],
    ['completions', { file: '/var/log/a', listen: '127.0.0.1:5140' }],
    ['completions.file', { file: 'a.log' }],
    ['completions.listen', { listen: '0.0.0.0:5140' }],
    ['completions.path', { path: '/var/log/a' }],
    ['include', 'true'],
    ['port', 8080],
  ])('refuses %s: %j', (option, value) => {
    const backend = backendWith(LEAST);
    const print = (): string =>
      printed(backend, { ...UPSTREAM, [option.replace(/[.[].*/, '')]: value });

    expect(print).toThrow(InvalidOptionsError);
    expect(print).toThrow(`"serverConfig.${option}"`);
  });

  it('takes any name where nginx would', () => {
    const backend = backendWith(LEAST);

    expect(printed(backend, { ...UPSTREAM, serverName: '_' })).toBe(
      printed(backend),
    );
  });

  it('tells IPv6 addresses', () => {
    const text = printed(backendWith(LEAST), {
      upstream: '[::1]:3000',
      listen: '[::1]:8080',
    });

    expect(text.match(/::1/g)?.length).toBeGreaterThan(1);
  });
});

it('is nginx-include.conf for a server block of nginx', async () => {
  const backend = nginx({ rules: located(LEAST) });

  const text = printed(backend, { ...UPSTREAM, include: true });

  expect(text).toBe(await golden('nginx-include.conf'));
});

it('says apart what a cache of stores needs in the http block', () => {
  const backend = nginx({
    remote: {
      hosts: ['store.example'],
      cache: { directory: '/var/cache/download', size: '10g' },
    },
  });
  const path =
    'proxy_cache_path "/var/cache/download" levels=1:2 keys_zone=download_store:10m max_size=10g inactive=604800s use_temp_path=off;';

  const complete = printed(backend).split('\n');
  const part = printed(backend, { ...UPSTREAM, include: true }).split('\n');

  expect(complete.slice(0, complete.indexOf('  server {'))).toContain(
    `  ${path}`,
  );
  expect(part[0]).toMatch(/^# .*http block, outside of the server block/);
  expect(part.filter((line) => line.includes('proxy_cache_path'))).toEqual([
    `# ${path}`,
  ]);
});

describe('a directory that a configuration cannot carry', () => {
  it.each([
    ['lighttpd', '/srv/a\\"b/'],
    ['caddy', '/srv/{env.HOME}/'],
    ['caddy', '/srv/a}b/'],
    ['caddy', '/srv/`a\\"b/'],
  ])('stops the boot: %s with %s', (name, directory) => {
    const boot = (): DownloadBackend =>
      BACKENDS[name]([{ sourceDir: '/srv/a' }, { sourceDir: directory }]);

    expect(boot).toThrow(InvalidOptionsError);
    expect(boot).toThrow('"rules[1]"');
  });

  it.each(NAMES)('stops the boot where it is the destination: %s', (name) => {
    const directory = '/srv/\n/';
    const rule = { sourceDir: '/srv/a', destinationDir: directory };

    expect(() => BACKENDS[name]([rule])).toThrow('"rules[0].destinationDir"');
  });

  it.each([
    ['lighttpd', '/srv/a\\b"c/'],
    ['caddy', '/srv/a\\"b/'],
    ['caddy', '/srv/`a"b\\c/'],
    ['apache', '/srv/{a}\\"`/'],
  ])(
    'is not refused where it can be carried: %s with %s',
    (name, sourceDir) => {
      expect(printed(BACKENDS[name]([{ sourceDir }]))).toContain('/srv/');
    },
  );
});

describe('the configuration of an Apache with a rate', () => {
  it('limits the files that Apache sends, and nothing else', () => {
    const limited = apache({
      rules: LEAST,
      pathEncoding: 'raw',
      limitRate: 512_000,
    });
    const unlimited = apache({ rules: LEAST, pathEncoding: 'raw' });

    const further = printed(limited)
      .split('\n')
      .filter((line) => !printed(unlimited).split('\n').includes(line));

    expect(further.map((line) => line.trim())).toEqual([
      ...['env', 'filter', 'ratelimit'].map(
        (name) =>
          `LoadModule ${name}_module "/usr/lib/apache2/modules/mod_${name}.so"`,
      ),
      '# The files that Apache sends go out at this rate, in KiB a second.',
      'SetEnv rate-limit 500',
      'Header onsuccess note X-Sendfile paced',
      'FilterDeclare paced PROTOCOL',
      `FilterProvider paced RATE_LIMIT "-n note('paced')"`,
      'FilterChain paced',
    ]);
  });
});
