import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import {
  InvalidOptionsError,
  nginx,
  type NginxOptions,
  type ServerConfigOptions,
} from 'nestjs-downloadview';

const UPSTREAM = { upstream: '127.0.0.1:3000' };
const RULE = { sourceDir: '/srv/media', destination: '/_offload/' };

function printed(
  server: ServerConfigOptions,
  options: NginxOptions = { rules: [RULE] },
): string {
  return nginx(options).serverConfig?.(server) ?? '';
}

function golden(name: string): Promise<string> {
  return readFile(join(import.meta.dirname, name), 'utf8');
}

describe('the printed configuration of nginx', () => {
  it('is nginx-least.conf for one rule and nothing else', async () => {
    expect(printed(UPSTREAM)).toBe(await golden('nginx-least.conf'));
  });

  it('is nginx-most.conf with all that can be said', async () => {
    const server = {
      upstream: 'application:3000',
      listen: '127.0.0.1:8080',
      serverName: 'files.example www.files.example',
      user: 'www-data',
      directory: '/run/down load',
    };
    const options = {
      charset: 'iso-8859-15',
      rules: [
        { sourceDir: '/srv/it\'s "my" \\ media/', destination: '/_offload/' },
        {
          sourceDir: '/srv/reports/',
          destination: '/_reports/',
          destinationDir: '/mnt/reports/',
        },
        {
          sourceUrl: 'https://files.example/media/',
          destination: '/_media/',
          destinationDir: '/mnt/media/',
          charset: 'koi8-r',
        },
      ],
      remote: {
        hosts: ['bucket.s3.example', '127.0.0.1:9000'],
        resolver: '127.0.0.11 valid=10s',
        certificates: '/etc/my certificates/all.pem',
      },
    };

    expect(printed(server, options)).toBe(await golden('nginx-most.conf'));
  });

  it('has nginx look names up when it starts, unless it may ask later', () => {
    const remote = { hosts: ['store.example:443', '[::1]:9000'] };
    const lookUps = (text: string): string[] =>
      text.match(/(?<=@download_store_\d \{.*\n.*\n\s+)proxy_pass .*/g) ?? [];

    expect(lookUps(printed(UPSTREAM, { rules: [RULE], remote }))).toEqual([
      'proxy_pass https://store.example;',
      'proxy_pass http://store.example:443;',
    ]);
    expect(
      lookUps(
        printed(UPSTREAM, {
          rules: [RULE],
          remote: { ...remote, resolver: '10.0.0.2' },
        }),
      ),
    ).toEqual([]);
  });

  it.each(['app', 'app:3000', '[::1]:3000', 'unix:/run/app.sock'])(
    'takes %s for upstream, as nginx does',
    (upstream) => {
      expect(printed({ upstream })).toContain(`proxy_pass http://${upstream};`);
    },
  );

  it('has headers of the backend and of serverConfig(), and none twice', () => {
    const text = printed(
      { ...UPSTREAM, headers: ['x-own', 'Vary', 'X-Other'] },
      { rules: [RULE], headers: ['X-Own'] },
    );
    const count = (line: string): number => text.split(line).length - 1;

    expect(count('add_header x-own $upstream_http_x_own;')).toBe(3);
    expect(count('add_header X-Own ')).toBe(0);
    expect(count('add_header X-Other $upstream_http_x_other;')).toBe(3);
    expect(count('add_header Vary ')).toBe(3);
  });

  it('loses no header that the backend names', () => {
    const backend = nginx({ rules: [RULE], headers: ['X-Own'] });

    expect(backend.losesHeader?.('x-own')).toBe(false);
    expect(backend.losesHeader?.('X-Other')).toBe(true);
  });

  it('has one location for a host that is named twice', () => {
    const hosts = ['Store.example', 'store.example', 'store.example:443'];
    const text = printed(UPSTREAM, { rules: [RULE], remote: { hosts } });

    expect(text.match(/location = "\/_remote\/.*"/g)).toEqual([
      'location = "/_remote/https/store.example"',
      'location = "/_remote/http/store.example"',
      'location = "/_remote/http/store.example:443"',
    ]);
  });

  it.each([
    ['upstream', undefined],
    ['upstream', ''],
    ['upstream', 3000],
    ['upstream', '127.0.0.1:3000; return 200'],
    ['upstream', '127.0.0.1:3000}'],
    ['upstream', '$host'],
    ['upstream', 'a\nb'],
    ['upstream', 'a"b'],
    ['upstream', 'a#b'],
    ['upstream', 'http://app:3000'],
    ['upstream', 'app:3000/'],
    ['upstream', 'app 3000'],
    ['upstream', '3000'],
    ['listen', 80.5],
    ['listen', '80; listen 81'],
    ['listen', '80\n'],
    ['serverName', 'a; b'],
    ['serverName', null],
    ['user', 'www-data; worker_processes 9'],
    ['user', ''],
    ['directory', 'run'],
    ['directory', ''],
    ['directory', 1],
    ['directory', '/run/$pid'],
    ['directory', '/run\n/a'],
    ['port', 8080],
  ])('refuses %s: %j', (name, value) => {
    const server = { ...UPSTREAM, [name]: value };

    expect(() => printed(server)).toThrow(InvalidOptionsError);
    expect(() => printed(server)).toThrow(`"serverConfig.${name}"`);
  });

  it.each([undefined, null, '127.0.0.1:3000'])(
    'refuses %j for options',
    (options) => {
      expect(() => printed(options as unknown as ServerConfigOptions)).toThrow(
        InvalidOptionsError,
      );
    },
  );
});
