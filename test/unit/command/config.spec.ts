import { describe, expect, it } from '@jest/globals';
import {
  apache,
  caddy,
  type DownloadBackend,
  lighttpd,
  nginx,
} from 'nestjs-downloadview';

import {
  type CommandEnd,
  runCommand,
} from '../../../lib/command/run-command.js';

const UPSTREAM = ['--upstream', '127.0.0.1:3000'];
const STORE = ['--remote-host', 'store.example'];
const KEPT = ['--remote-cache', '/var/cache/a'];
const MEDIA = ['--rule', '/srv/media/=/_offload/'];

function config(...parameters: string[]): Promise<CommandEnd> {
  return runCommand(['config', ...parameters], {
    version: '',
    standardInput: () => Promise.reject(new Error('Nobody reads it.')),
  });
}

function printedBy(
  backend: DownloadBackend,
  options: Omit<
    Parameters<NonNullable<DownloadBackend['serverConfig']>>[0],
    'upstream'
  > = {},
): CommandEnd {
  const server = { upstream: '127.0.0.1:3000', ...options };
  const output = backend.serverConfig?.(server) ?? 'nothing';
  return { status: 0, output, errors: '' };
}

describe('config', () => {
  it('prints what serverConfig() of nginx prints, by its least options', async () => {
    const backend = nginx({
      rules: [{ sourceDir: '/srv/media/', destination: '/_offload/' }],
    });

    expect(await config('nginx', ...MEDIA, ...UPSTREAM)).toEqual(
      printedBy(backend),
    );
  });

  it('prints what serverConfig() of nginx prints, by all of its options', async () => {
    const backend = nginx({
      rules: [
        { sourceDir: '/srv/media/', destination: '/_offload/' },
        {
          sourceDir: '/srv/a b',
          destination: '/_a/',
          destinationDir: '/mnt/a',
        },
        {
          sourceUrl: 'https://files.example/media/',
          destination: '/_media/',
          destinationDir: '/mnt/media/',
        },
      ],
      charset: 'koi8-r',
      remote: {
        hosts: ['store.example', '[::1]:9000'],
        resolver: '10.0.0.2',
        certificates: '/etc/all.pem',
        cache: {
          directory: '/var/cache/a b',
          size: '10g',
          slice: '2m',
          inactive: 60,
        },
      },
    });

    expect(
      await config(
        'nginx',
        ...MEDIA,
        ...UPSTREAM,
        '--rule=/srv/a b=/_a/=/mnt/a',
        '--rule',
        'url:https://files.example/media/=/_media/=/mnt/media/',
        ...[
          '--listen',
          '127.0.0.1:8080',
          '--server-name',
          'a.example b.example',
        ],
        ...['--user', 'www-data', '--directory', '/run/down load'],
        ...['--charset', 'koi8-r', '--remote-resolver', '10.0.0.2'],
        ...['--remote-host', 'store.example', '--remote-host', '[::1]:9000'],
        ...['--remote-certificates', '/etc/all.pem'],
        ...['--remote-cache', '/var/cache/a b', '--remote-cache-size', '10g'],
        ...['--remote-cache-slice', '2m', '--remote-cache-inactive', '60'],
        ...['--header', 'X-Document-Id', '--header', 'X-Other'],
        ...['--request-header', 'X-Real-IP=$remote_addr'],
        ...['--access-log', '/var/log/downloads.log', '--timeout', '300'],
      ),
    ).toEqual(
      printedBy(backend, {
        listen: '127.0.0.1:8080',
        serverName: 'a.example b.example',
        user: 'www-data',
        directory: '/run/down load',
        headers: ['X-Document-Id', 'X-Other'],
        requestHeaders: { 'X-Real-IP': '$remote_addr' },
        accessLog: '/var/log/downloads.log',
        timeout: 300,
      }),
    );
  });

  it('needs no rule for nginx where there is a store', async () => {
    const backend = nginx({ remote: { hosts: ['store.example'] } });

    expect(await config('nginx', ...UPSTREAM, ...STORE)).toEqual(
      printedBy(backend),
    );
  });

  it.each([
    [['--access-log', 'downloads.log'], '--access-log', 'absolute path'],
    [['--timeout', '5m'], '--timeout', 'whole seconds'],
    [['--timeout', '0'], '--timeout', 'whole seconds'],
    [['--header', 'a b'], '--header', 'name'],
    [['--header', 'X-Accel-Redirect'], '--header', 'name'],
    [['--request-header', 'X-Real-IP'], '--request-header', 'NAME=VALUE'],
    [['--request-header', 'a b=c'], '--request-header', 'name'],
    [['--request-header', 'X-Sendfile=/a'], '--request-header', 'name'],
    [['--upstream', 'http://app:3000'], '--upstream', 'without a scheme'],
    [['--upstream', 'app 3000'], '--upstream', 'without a scheme'],
  ])(
    'refuses %j and says what to give',
    async (parameters, option, accepted) => {
      const upstream = parameters.includes('--upstream') ? [] : UPSTREAM;

      for (const server of ['nginx', 'caddy']) {
        const end = await config(server, ...MEDIA, ...upstream, ...parameters);

        expect(end).toMatchObject({ status: 2, output: '' });
        expect(end.errors).toContain(
          `${option}: '${parameters[1]}' was given.`,
        );
        expect(end.errors).toContain(accepted);
      }
    },
  );

  it('takes off for no access log', async () => {
    const backend = nginx({
      rules: [{ sourceDir: '/srv/media/', destination: '/_offload/' }],
    });

    expect(
      await config('nginx', ...MEDIA, ...UPSTREAM, '--access-log', 'off'),
    ).toEqual(printedBy(backend, { accessLog: false }));
  });

  it.each(['apache', 'lighttpd'] as const)(
    'prints what serverConfig() of %s prints',
    async (server) => {
      const rules = [
        { sourceDir: '/srv/media' },
        { sourceDir: '/srv/a', destinationDir: '/mnt/a' },
        { sourceUrl: '/media/', destinationDir: '/mnt/media' },
      ];
      const backend =
        server === 'apache'
          ? apache({ rules, pathEncoding: 'raw' })
          : lighttpd({ rules });
      const parameters = [
        ...[server, ...UPSTREAM, '--rule', '/srv/media'],
        ...['--rule', '/srv/a=/mnt/a', '--rule', 'url:/media/=/mnt/media'],
      ];

      expect(await config(...parameters)).toEqual(printedBy(backend));
      expect(await config(...parameters, '--include')).toEqual(
        printedBy(backend, { include: true }),
      );
    },
  );

  it('prints what serverConfig() of caddy prints', async () => {
    const backend = caddy({
      rules: [{ sourceDir: '/srv/media/', destination: '/_offload/' }],
      pathEncoding: 'percent',
    });

    expect(await config('caddy', ...MEDIA, ...UPSTREAM, '--include')).toEqual(
      printedBy(backend, { include: true }),
    );
  });

  it.each(['raw', 'percent'])(
    'prints the same for pathEncoding %s',
    async (encoding) => {
      for (const [server, rule] of [
        ['apache', '/srv/a'],
        ['caddy', '/srv/a=/_a/'],
      ] as const) {
        const parameters = [server, '--rule', rule, ...UPSTREAM];
        expect(
          await config(...parameters, '--path-encoding', encoding),
        ).toEqual(await config(...parameters));
      }
    },
  );

  it.each([
    [
      [],
      'The name of the server is missing. Give nginx, apache, lighttpd, caddy.',
    ],
    [['iis'], "The name of the server: 'iis' was given. Give nginx, apache"],
    [['nginx', ...UPSTREAM], '--rule is missing. '],
    [['nginx', ...MEDIA], '--upstream is missing. Give host:port'],
    [
      ['nginx', ...MEDIA, ...UPSTREAM, 'more'],
      "Unexpected argument: 'more' was",
    ],
    [
      ['nginx', '--rules', '/a'],
      "Unknown option: '--rules' was given. Known here are --rule, --upstream, --include",
    ],
    [['nginx', '-u', '/a'], "Unknown option: '-u' was given. "],
    [
      ['nginx', '--__proto__', '/a'],
      "Unknown option: '--__proto__' was given. ",
    ],
    [
      ['lighttpd', '--path-encoding', 'raw'],
      "Unknown option: '--path-encoding' was given. ",
    ],
    [
      ['nginx', '--path-encoding', 'raw'],
      "Unknown option: '--path-encoding' was given. ",
    ],
    [
      ['caddy', '--charset', 'utf-8'],
      "Unknown option: '--charset' was given. ",
    ],
    [
      ['nginx', ...MEDIA, '--upstream'],
      '--upstream is missing. Give it a value: --upstream VALUE',
    ],
    [
      ['nginx', '--rule', '--upstream', 'a:1'],
      "--rule: '--upstream' was given. Give it a value",
    ],
    [['nginx', '--rule='], "--rule: '' was given. Give it a value"],
    [
      ['nginx', ...UPSTREAM, ...UPSTREAM],
      "--upstream: '127.0.0.1:3000' was given. Give it once.",
    ],
    [
      ['nginx', '--include=no'],
      "--include: 'no' was given. It takes no value.",
    ],
    [
      ['nginx', '--rule', '/srv/media/', ...UPSTREAM],
      "--rule: '/srv/media/' was given. Give DIRECTORY=LOCATION",
    ],
    [
      ['nginx', '--rule', 'a=b=c=d', ...UPSTREAM],
      "--rule: 'a=b=c=d' was given. Give DIRECTORY=LOCATION",
    ],
    [
      ['caddy', '--rule', 'url:/a/=/b/', ...UPSTREAM],
      "--rule: 'url:/a/=/b/' was given. Give DIRECTORY=LOCATION",
    ],
    [
      ['apache', '--rule', 'a=b=c', ...UPSTREAM],
      "--rule: 'a=b=c' was given. Give DIRECTORY,",
    ],
    [
      ['apache', '--rule', 'url:/a/', ...UPSTREAM],
      "--rule: 'url:/a/' was given. Give DIRECTORY,",
    ],
    [
      ['nginx', '--rule', 'srv=/a/', ...UPSTREAM],
      "--rule: 'srv=/a/' was given. Wrong is the directory. Give the absolute path",
    ],
    [
      ['nginx', ...MEDIA, '--rule', '/srv/b/=/_b', ...UPSTREAM],
      "--rule: '/srv/b/=/_b' was given. Wrong is the location. Give an internal location",
    ],
    [
      ['nginx', ...MEDIA, '--rule', '/srv/media/a/=/_b/', ...UPSTREAM],
      "--rule: '/srv/media/a/=/_b/' was given. It overlaps with /srv/media/",
    ],
    [
      ['caddy', '--rule', '/a=/b/=c', ...UPSTREAM],
      "--rule: '/a=/b/=c' was given. Wrong is the directory of the server. ",
    ],
    [
      ['lighttpd', '--rule', 'url:a=/b', ...UPSTREAM],
      "--rule: 'url:a=/b' was given. Wrong is the URL prefix. ",
    ],
    [
      ['nginx', ...MEDIA, '--upstream', 'a;b'],
      "--upstream: 'a;b' was given. Give it as it stands",
    ],
    [
      ['caddy', ...MEDIA, '--upstream', 'a'],
      "--upstream: 'a' was given. Give host:port",
    ],
    [
      ['nginx', ...MEDIA, ...UPSTREAM, '--listen', '8\n0'],
      "--listen: '8\\u000a0' was given. ",
    ],
    [
      ['caddy', ...MEDIA, ...UPSTREAM, '--server-name', 'a/b'],
      "--server-name: 'a/b' was given. Give host names",
    ],
    [
      ['nginx', ...MEDIA, ...UPSTREAM, '--user', 'a;'],
      "--user: 'a;' was given. ",
    ],
    [
      ['nginx', ...MEDIA, ...UPSTREAM, '--directory', 'run'],
      "--directory: 'run' was given. Give the absolute path",
    ],
    [
      ['nginx', ...MEDIA, ...UPSTREAM, '--charset', 'a b'],
      "--charset: 'a b' was given. Give the name",
    ],
    [
      [
        'nginx',
        ...MEDIA,
        ...UPSTREAM,
        '--remote-host',
        'a',
        '--remote-host',
        '*.b',
      ],
      "--remote-host: '*.b' was given. Name the stores",
    ],
    [
      [
        'nginx',
        ...MEDIA,
        ...UPSTREAM,
        '--remote-host',
        'a',
        '--remote-resolver',
        ';',
      ],
      "--remote-resolver: ';' was given. ",
    ],
    [
      [
        'nginx',
        ...MEDIA,
        ...UPSTREAM,
        '--remote-host',
        'a',
        '--remote-certificates',
        'a',
      ],
      "--remote-certificates: 'a' was given. ",
    ],
    [
      ['nginx', ...MEDIA, ...UPSTREAM, '--remote-resolver', '10.0.0.2'],
      '--remote-host is missing. ',
    ],
    [
      [
        'nginx',
        ...MEDIA,
        ...UPSTREAM,
        ...['--remote-cache', '/var/cache/a', '--remote-cache-size', '1g'],
      ],
      '--remote-host is missing. ',
    ],
    [
      ['nginx', ...UPSTREAM, ...STORE, '--remote-cache', '/var/cache/a'],
      '--remote-cache-size is missing. ',
    ],
    [
      ['nginx', ...UPSTREAM, ...STORE, '--remote-cache-slice', '1m'],
      '--remote-cache is missing. ',
    ],
    [
      ['nginx', ...UPSTREAM, ...STORE, ...KEPT, '--remote-cache-size', 'much'],
      "--remote-cache-size: 'much' was given. Give bytes",
    ],
    [
      [
        ...['nginx', ...UPSTREAM, ...STORE, '--remote-cache', 'cache'],
        ...['--remote-cache-size', '1g'],
      ],
      "--remote-cache: 'cache' was given. Give the absolute path",
    ],
    [
      [
        ...['nginx', ...UPSTREAM, ...STORE, ...KEPT, '--remote-cache-size=1g'],
        ...['--remote-cache-slice', '1 m'],
      ],
      "--remote-cache-slice: '1 m' was given. Give bytes",
    ],
    [
      [
        ...['nginx', ...UPSTREAM, ...STORE, ...KEPT, '--remote-cache-size=1g'],
        ...['--remote-cache-inactive', '1d'],
      ],
      "--remote-cache-inactive: '1d' was given. Give whole seconds",
    ],
    [
      ['apache', '--rule', '/a', ...UPSTREAM, '--path-encoding', 'once'],
      "--path-encoding: 'once' was given. Give raw or percent",
    ],
  ])('refuses %j in one paragraph', async (parameters, message) => {
    const { status, output, errors } = await config(...parameters);

    expect(errors).toContain(`nestjs-downloadview: ${message}`);
    expect(errors.match(/\n/g)).toHaveLength(1);
    expect(output).toBe('');
    expect(status).toBe(2);
  });

  it('takes a value that begins with a dash behind an equals sign', async () => {
    const { errors } = await config('nginx', ...MEDIA, '--upstream=-a b;');

    expect(errors).toContain("--upstream: '-a b;' was given. Give it as it");
  });
});
