import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  apache,
  caddy,
  type DownloadBackend,
  lighttpd,
  nginx,
} from 'nestjs-downloadview';

import { lintConfig } from '../../../lib/command/check-config.js';
import { runCommand } from '../../../lib/command/run-command.js';
import {
  SERVER_NAMES,
  type ServerName,
} from '../../../lib/command/print-config.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../../support/files/temporary-directory.js';

const GOLDEN = join(import.meta.dirname, '../backends');
const PATH_RULES = [
  { sourceDir: '/srv/media' },
  { sourceDir: '/srv/a;b}#"\\`/', destinationDir: '/mnt/a b' },
  { sourceUrl: '/media/', destinationDir: '/mnt/media/' },
];
const LOCATION_RULES = [
  { sourceDir: '/srv/media', destination: '/_offload/' },
  { sourceDir: '/srv/"a"', destination: '/files/', destinationDir: '/mnt/a b' },
  { sourceUrl: '/x/', destination: '/m/', destinationDir: '/mnt/m/' },
];
const BACKENDS: Record<ServerName, DownloadBackend> = {
  nginx: nginx({
    rules: LOCATION_RULES,
    charset: 'koi8-r',
    remote: {
      hosts: ['store.example:443', '[::1]:9000'],
      cache: { directory: '/var/cache/a b', size: '10g' },
    },
  }),
  apache: apache({ rules: PATH_RULES, pathEncoding: 'raw' }),
  lighttpd: lighttpd({ rules: PATH_RULES }),
  caddy: caddy({ rules: LOCATION_RULES, pathEncoding: 'raw' }),
};

async function check(
  server: ServerName,
  file: string,
  input = '',
): Promise<{ status: number; output: string; errors: string }> {
  return runCommand(['check-config', server, file], {
    version: '',
    standardInput: () => Promise.resolve(input),
  });
}

describe.each(SERVER_NAMES)('check-config %s', (server) => {
  it('finds nothing in the configurations that the library prints', async () => {
    const files = (await readdir(GOLDEN)).filter(
      (file) => file.startsWith(`${server}-`) && file.endsWith('.conf'),
    );

    expect(files.length).toBeGreaterThanOrEqual(3);
    for (const file of files) {
      const text = await readFile(join(GOLDEN, file), 'utf8');
      expect(lintConfig(server, text, file)).toEqual([]);
    }
  });

  it.each([true, false])(
    'finds nothing in what serverConfig() prints with include: %j',
    (include) => {
      const text = BACKENDS[server].serverConfig?.({
        upstream: '[::1]:3000',
        listen: '8080',
        serverName: 'files.example *.files.example',
        user: 'www-data',
        directory: '/run/down load',
        include,
      });

      expect(text).toContain('::1');
      expect(lintConfig(server, text ?? '', 'printed.conf')).toEqual([]);
    },
  );

  it('finds nothing where there is nothing', async () => {
    expect(await check(server, '-', '')).toEqual({
      status: 0,
      output: 'None of the known traps.\n',
      errors: '',
    });
  });
});

describe('check-config', () => {
  let directory: TemporaryDirectory;

  beforeEach(async () => {
    directory = await temporaryDirectory();
  });
  afterEach(() => directory.remove());

  it('prints file, line, what happens and what to write instead, and ends with 1', async () => {
    const file = await directory.write(
      'lighttpd.conf',
      'server.follow-symlink = "disable"\nproxy.server = ( "" => ((\n  "host" => "::1"\n)))\n',
    );

    expect(await check('lighttpd', file)).toEqual({
      status: 1,
      output:
        `${file}:3: problem: lighttpd does not look at X-Sendfile of this host: the client gets an empty ` +
        'answer for every file. [offload-off]\n' +
        '  Instead: Write "x-sendfile" => "enable" beside it.\n' +
        '1 problem, 0 hints.\n',
      errors: '',
    });
  });

  it('ends with 0 where it has hints only', async () => {
    const text = `location / {
      proxy_pass http://[::1]:3000;
      proxy_http_version 1.1;
    }`;
    const { status, output } = await check('nginx', '-', text);

    expect(output).toContain('stdin:2: hint: ');
    expect(output).toContain('0 problems, 2 hints.');
    expect(status).toBe(0);
  });

  it.each([
    ['nginx', 'a {\n  b;\n', 1],
    ['nginx', 'a {\n  b\n}\n', 2],
    ['nginx', 'a;\n}\n', 2],
    ['nginx', 'a;\nb "c;\n', 2],
    ['nginx', 'a;\n;\n', 2],
    ['apache', 'A b\n<Location />\n', 2],
    ['apache', 'A b\n</Location>\n', 2],
    ['apache', '<Location />\n</VirtualHost>\n', 2],
    ['lighttpd', 'a = 1\nb = (\n', 2],
    ['lighttpd', 'a = 1\nb =\n', 2],
    ['lighttpd', 'a = "1\n', 1],
    ['lighttpd', 'a = 1\n}\n', 2],
    ['lighttpd', '$HTTP["host"] == "a" {\n  a = 1\n', 2],
    ['caddy', 'a {\n  b\n', 1],
    ['caddy', 'a\n}\n', 2],
    ['caddy', 'a\nb "c\n', 2],
  ] as const)(
    'says where it cannot read on, for %s: %j',
    async (server, text, line) => {
      const { status, output } = await check(server, '-', text);

      expect(output).toContain(`stdin:${line}: problem: `);
      expect(output).toContain('[unreadable]');
      expect(status).toBe(1);
    },
  );

  it('follows relative includes of nginx, with the file and line of what it finds', async () => {
    await directory.write('conf.d/b.conf', '\n\nlocation /x { alias /y/; }');
    await directory.write('conf.d/a.conf', 'location /_a/ { root /srv; }');
    await directory.write('conf.d/.c.conf', 'location /x { alias /y/; }');
    await directory.write('conf.d/d.txt', 'location /x { alias /y/; }');
    const file = await directory.write(
      'nginx.conf',
      'http { include conf.d/server; include /etc/*.conf; include no/*; }',
    );
    await directory.write('etc/x.conf', 'location /x { alias /y/; }');
    await directory.write(
      'conf.d/server',
      'server { include conf.d/*.conf; include nginx.conf; include conf.d/server; }',
    );

    const { output } = await check('nginx', file);
    const places = output.match(/^\S+:\d+(?=: )/gm);

    expect(places).toEqual([
      `${directory.path}/conf.d/a.conf:1`,
      `${directory.path}/conf.d/b.conf:3`,
      `${directory.path}/conf.d/b.conf:3`,
    ]);
  });

  it.each(['no.conf', './no.conf', 'conf.d/no.conf', '/no/such/file.conf'])(
    'finds that nginx would miss the included %s',
    async (name) => {
      const file = await directory.write(
        'nginx.conf',
        `http {\n  include ${name};\n}\n`,
      );
      const { status, output } = await check('nginx', file);

      expect(status).toBe(1);
      expect(output).toContain(`${file}:2: problem: '${name}' is not there`);
      expect(output).toContain('[include-missing]');
    },
  );

  it.each([
    'conf.d/*.conf',
    '/no/*.conf',
    'mime.types',
    '/etc/nginx/mime.types',
  ])(
    'misses nothing where %s is included, which may be elsewhere or nowhere',
    async (name) => {
      const file = await directory.write('nginx.conf', `include ${name};`);

      expect((await check('nginx', file)).output).toBe(
        'None of the known traps.\n',
      );
    },
  );

  describe.each<[ServerName, (name: string) => string, string]>([
    ['nginx', (name) => `include ${name};`, 'location /x { alias /y/; }'],
    ['apache', (name) => `Include ${name}`, 'XSendFilePath "/"'],
    [
      'lighttpd',
      (name) => `include "${name}"`,
      'proxy.server = ( "" => (( "host" => "::1", "x-sendfile" => "enable" )))',
    ],
    ['caddy', (name) => `import ${name}`, 'reverse_proxy app:3000'],
  ])('files that a configuration of %s includes', (server, include, rule) => {
    it('are looked at, with their own file and line', async () => {
      await directory.write('parts/a.conf', `\n${rule}\n`);
      await directory.write('parts/b.conf', `\n\n${rule}\n`);
      await directory.write('parts/.c.conf', rule);
      const file = await directory.write('main', include('parts/*.conf'));

      const { output } = await check(server, file);

      expect(output).toMatch(new RegExp(`parts/a\\.conf:2: problem: `));
      expect(output).toMatch(new RegExp(`parts/b\\.conf:3: problem: `));
      expect(output).not.toContain('.c.conf');
    });

    it('may include others, and each other', async () => {
      const inner = server === 'caddy' ? 'b.conf' : 'parts/b.conf';
      const main = server === 'caddy' ? '../main' : 'main';
      await directory.write('parts/a.conf', include(inner));
      await directory.write('parts/b.conf', `${rule}\n${include(main)}`);
      const file = await directory.write('main', include('parts/a.conf'));

      const { output } = await check(server, file);

      expect(output).toContain('parts/b.conf:1: problem: ');
      expect(output).not.toContain('[include-missing]');
    });

    it.each(['no.conf', './parts/no.conf', '/no/such/file.conf'])(
      'are a problem where the server would miss %s',
      async (name) => {
        const file = await directory.write('main', `\n${include(name)}\n`);

        const { status, output } = await check(server, file);

        expect(status).toBe(1);
        expect(output).toContain(`${file}:2: problem: '${name}' is not there`);
        expect(output).toContain('[include-missing]');
      },
    );

    it('are not waited for where one is a FIFO', async () => {
      execFileSync('mkfifo', [join(directory.path, 'fifo.conf')]);
      const file = await directory.write('main', include('fifo.conf'));

      expect((await check(server, file)).output).toContain('[include-missing]');
    });

    it('are refused where they include each other without an end', async () => {
      for (let at = 0; at < 40; at++) {
        const next = include(`${at + 1}.conf`);
        await directory.write(`${at}.conf`, `${next}\n${next}\n`);
      }
      const file = join(directory.path, '0.conf');

      const { output } = await check(server, file);

      expect(output).toContain('more than 1000 files');
    });

    it('may be none, by a pattern or where it is said so', async () => {
      const name =
        server === 'apache' ? 'IncludeOptional none.conf' : include('none/*');
      const file = await directory.write('main', name);

      expect((await check(server, file)).output).toBe(
        'None of the known traps.\n',
      );
    });
  });

  it.each([
    ['apache', 'Include "${APACHE_CONFDIR}/ports.conf"'],
    ['apache', '<IfModule mod_ssl.c>\nInclude ssl.conf\n</IfModule>'],
    ['lighttpd', 'include var.directory + "/a.conf"'],
    ['lighttpd', 'include_shell "cat none"'],
    ['caddy', 'import {$SITES}/a.conf'],
    ['caddy', 'import of_another_file'],
  ] as const)(
    'misses nothing where only %s knows what is included: %s',
    async (server, text) => {
      const { output } = await check(server, '-', text);

      expect(output).toBe('None of the known traps.\n');
    },
  );

  it('misses what a pattern of Apache does not stand for, as Apache does', async () => {
    const file = await directory.write('main', 'Include conf.d/*.conf');

    expect((await check('apache', file)).output).toContain('[include-missing]');
  });

  it('counts relative names of Apache from ServerRoot', async () => {
    await directory.write('root/a.conf', 'XSendFilePath "/"');
    const file = await directory.write(
      'main',
      `ServerRoot "${directory.path}/root"\nInclude a.conf\n`,
    );

    expect((await check('apache', file)).output).toContain(
      'root/a.conf:1: problem: ',
    );
  });

  it('finds in Caddy what a snippet of an imported file brings', async () => {
    await directory.write('snippets', '(app) {\n\treverse_proxy app:3000\n}\n');
    const file = await directory.write(
      'main',
      'import ./snippets\n:80 {\n\timport app\n}\n',
    );

    expect((await check('caddy', file)).output).toContain(
      'snippets:2: problem: ',
    );
  });

  it('refuses snippets of Caddy that import each other without an end', async () => {
    const snippets = Array.from({ length: 40 }, (_, at) => {
      const next = at < 39 ? `import s${at + 1}` : 'respond 204';
      return `(s${at}) {\n\t${next}\n\t${next}\n}\n`;
    });

    const { output } = await check(
      'caddy',
      '-',
      `${snippets.join('')}import s0`,
    );

    expect(output).toContain('[unreadable]');
    expect(output).toContain('more than 10000 times');
  });

  it('says of which file a header is that is lost in another one', async () => {
    await directory.write('a.conf', 'location /a { add_header B c; }');
    const file = await directory.write(
      'nginx.conf',
      'server {\nadd_header X-Frame-Options DENY;\ninclude a.conf; }',
    );

    const { output } = await check('nginx', file);

    expect(output).toContain(
      `X-Frame-Options of '${file}', line 2, is lost here.`,
    );
  });

  it('refuses a FIFO at once', async () => {
    const fifo = join(directory.path, 'fifo');
    execFileSync('mkfifo', [fifo]);

    const { status, errors } = await check('nginx', fifo);

    expect(status).toBe(2);
    expect(errors).toContain('no regular file');
  });

  it('does not wait for a FIFO that is included', async () => {
    execFileSync('mkfifo', [join(directory.path, 'fifo')]);
    const file = await directory.write('nginx.conf', 'include fifo;');

    const { status, output } = await check('nginx', file);

    expect(status).toBe(1);
    expect(output).toContain("'fifo' is not there, or no file");
  });

  it('refuses files that include each other without an end', async () => {
    for (let at = 0; at < 40; at++) {
      const next = `include ${at + 1}.conf;`;
      await directory.write(`${at}.conf`, `${next} ${next}`);
    }
    const { status, output } = await check(
      'nginx',
      join(directory.path, '0.conf'),
    );

    expect(status).toBe(1);
    expect(output).toContain('more than 1000 files');
  });

  it.each<[ServerName, string, string]>([
    ['nginx', 'a {', '}'],
    ['caddy', 'a {\n', '}\n'],
    ['apache', '<Location "/">\n', '</Location>\n'],
    ['lighttpd', '$HTTP["host"] == "a" { b = ( ( ', '))'],
    ['lighttpd', 'a = ( "b" => ( ', '))'],
  ])('refuses 50,000 nested blocks of %s', async (server, open, close) => {
    const text = open.repeat(50_000) + close.repeat(50_000);

    const { status, output } = await check(server, '-', text);

    expect(status).toBe(1);
    expect(output).toContain('unreadable');
  });

  it.each([
    [
      'proxy_set_header X-Forwarded-For $http_x_forwarded_for;',
      'forwarded-for',
    ],
    ['proxy_pass http://app/;', 'proxy-pass-uri'],
    ['proxy_pass http://127.0.0.1:3000/base/;', 'proxy-pass-uri'],
  ])('finds %s', (line, name) => {
    const pass = line.startsWith('proxy_pass') ? '' : 'proxy_pass http://app;';
    const text = `server { location / { ${pass} ${line} } }`;

    expect(lintConfig('nginx', text, 'a.conf')).toContainEqual(
      expect.objectContaining({ rule: name, level: 'problem' }),
    );
  });

  const CADDY_OFFLOAD =
    'handle_response {\nfile_server\ncopy_response_headers {\nexclude X-Accel-Redirect Content-Length Content-Encoding\n}\n}';

  it.each<[ServerName, string, string]>([
    [
      'apache',
      'ProxyPass /cdn https://cdn.example.com/\nProxyPass / http://app:3000/\nXSendFile On',
      '',
    ],
    [
      'apache',
      '<VirtualHost *>\n<Location "/cdn">\nProxyPass https://cdn.example.com/\n</Location>\nProxyPass / http://127.0.0.1:3000/\n<Location />\nXSendFile On\n</Location>\n</VirtualHost>',
      '<Location /cdn>\nXSendFile Off\n</Location>',
    ],
    [
      'lighttpd',
      'proxy.server = ( "/cdn" => (( "host" => "203.0.114.7", "x-sendfile" => "enable" )), "" => (( "host" => "127.0.0.1", "x-sendfile" => "enable" )) )',
      '',
    ],
    [
      'caddy',
      `reverse_proxy /cdn/* https://cdn.example.com {\n${CADDY_OFFLOAD}\n}\nreverse_proxy app:3000 {\n${CADDY_OFFLOAD}\n}`,
      '',
    ],
  ])(
    'finds a host of somebody else that %s obeys as it does the application: %j',
    (server, text, cure) => {
      const rules = (config: string): string[] =>
        lintConfig(server, config, 'a.conf').map(({ rule }) => rule);

      expect(
        rules(text).filter((rule) => rule === 'store-is-obeyed'),
      ).toHaveLength(1);
      expect(
        rules(
          text.replace(
            /https:\/\/cdn\.example\.com|203\.0\.114\.7/,
            '10.0.0.2',
          ),
        ),
      ).not.toContain('store-is-obeyed');
      if (cure === '') return;
      expect(
        rules(text.replace('</VirtualHost>', `${cure}\n</VirtualHost>`)),
      ).not.toContain('store-is-obeyed');
    },
  );

  it.each<[ServerName, string, boolean]>([
    ['apache', 'ProxyAddHeaders Off', true],
    ['apache', 'ProxyAddHeaders On', false],
    [
      'apache',
      'ProxyAddHeaders Off\nRequestHeader set X-Forwarded-For "expr=%{REMOTE_ADDR}"',
      false,
    ],
    [
      'apache',
      'ProxyAddHeaders Off\nRequestHeader set X-Forwarded-For "%{X-Forwarded-For}i"',
      true,
    ],
    ['caddy', 'header_up X-Forwarded-For {header.X-Forwarded-For}', true],
    ['caddy', 'header_up X-Forwarded-For {>X-Forwarded-For}', true],
    ['caddy', 'header_up X-Forwarded-For {remote_host}', false],
    ['caddy', 'trusted_proxies 0.0.0.0/0', true],
    ['caddy', 'trusted_proxies 10.0.0.0/8', false],
  ])(
    'finds an X-Forwarded-For that clients choose, for %s: %j, %s',
    (server, line, isFound) => {
      const text =
        server === 'caddy'
          ? `reverse_proxy app:3000 {\n${line}\n${CADDY_OFFLOAD}\n}`
          : line;

      const rules = lintConfig(server, text, 'a.conf').map(({ rule }) => rule);

      expect(rules.includes('forwarded-for')).toBe(isFound);
    },
  );

  it('tells once of a file that is included twice', async () => {
    await directory.write('a.conf', 'location /x { internal; alias /y; }');
    await directory.write('b.conf', 'location /x { alias /y/; }');
    const file = await directory.write(
      'nginx.conf',
      'server { include a.conf; include b.conf; }\nserver { include b.conf; }',
    );

    const { output } = await check('nginx', file);

    expect(output.match(/\[alias-slash\]/g)).toHaveLength(1);
  });

  it('escapes what a configuration and a file name bring along', async () => {
    const file = await directory.write(
      'a\u001b[31m.conf',
      'location "/\u001b[31m" { alias /y/; }',
    );

    const { output } = await check('nginx', file);

    expect(output).toContain('\\u001b[31m');
    expect(output).not.toContain('\u001b');
  });
});
