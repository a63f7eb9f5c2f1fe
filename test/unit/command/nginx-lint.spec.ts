import { describe, expect, it } from '@jest/globals';

import { edited, findingsIn, onlyFinding, type LintRow } from './lint-table.js';

/** Written by hand, and sound. */
const SOUND = `
http {
  gzip_types text/plain;
  server {
    listen 80;
    add_header Strict-Transport-Security "max-age=1; includeSubDomains";
    proxy_http_version 1.1;

    location / { # the application
      proxy_pass http://127.0.0.1:3000;
      proxy_set_header Host $host;
      proxy_set_header X-Accel-Redirect "";
      proxy_set_header X-Accel-Mapping '';
      proxy_set_header X-Sendfile "";
      proxy_set_header X-Sendfile-Type "";
      proxy_buffer_size 16k;
      proxy_buffers 8 16k;
    }

    location ^~ /files/ {
      internal;
      alias /srv/files/;
      disable_symlinks on from=/srv/files/;
      if (-d $request_filename) { return 404; }
      add_header Content-Security-Policy $upstream_http_content_security_policy;
      add_header X-Content-Type-Options "nosniff" always;
      add_header Strict-Transport-Security $upstream_http_strict_transport_security;
    }

    location = /50x.html { internal; root /usr/share/nginx/html; }

    location ~ ^/store/(.*)$ {
      internal;
      proxy_pass http://store.example/$1;
      proxy_ignore_headers Set-Cookie X-Accel-Redirect;
    }
  }
}
stream { server { listen 1; proxy_pass 127.0.0.1:2; } }
`;

const LINT_RULES: readonly LintRow[] = [
  ['alias-slash', ['^~ /files/ {', '/files {'], 'alias /srv/files/;'],
  ['alias-slash', ['alias /srv/files/;', 'alias /srv/files;'], 'alias /srv'],
  ['alias-slash', ['alias /srv/files/;', 'alias "/srv/files";'], 'alias "/srv'],
  ['not-internal', ['internal;\n      alias', 'alias'], '^~ /files/ {'],
  [
    'not-internal',
    [
      'location = /50x',
      'location /_more/ { alias /srv/more/; }\nlocation = /50x',
    ],
    '/_more/',
  ],
  [
    'not-internal',
    [
      'location = /50x',
      'location /a/ {\n root /b;\n add_header A $upstream_http_a; add_header Strict-Transport-Security a; }\nlocation = /50x',
    ],
    'location /a/',
  ],
  [
    'symlinks',
    ['disable_symlinks on from=/srv/files/;', ''],
    'location ^~ /files/',
  ],
  [
    'symlinks',
    ['disable_symlinks on from=/srv/files/;', 'disable_symlinks off;'],
    'disable_symlinks off;',
  ],
  [
    'directory-redirect',
    ['if (-d $request_filename) { return 404; }', ''],
    'location ^~ /files/',
  ],
  [
    'directory-redirect',
    ['if (-d $request_filename) { return 404; }', 'try_files $uri $uri/ =404;'],
    'location ^~ /files/',
  ],
  ['gzip', ['if (-d', 'gzip on;\n      if (-d'], 'gzip on;'],
  ['gzip', ['listen 80;', 'listen 80; gzip on;'], 'location ^~ /files/'],
  [
    'header-not-brought-back',
    [
      'add_header Content-Security-Policy $upstream_http_content_security_policy;',
      '',
    ],
    'location ^~ /files/',
  ],
  [
    'header-not-brought-back',
    ['add_header X-Content-Type-Options "nosniff" always;', ''],
    'location ^~ /files/',
  ],
  [
    'add-header-lost',
    [
      'add_header Strict-Transport-Security $upstream_http_strict_transport_security;',
      '',
    ],
    'add_header Content-Security-Policy',
  ],
  [
    'add-header-lost',
    ['proxy_buffer_size 16k;', 'proxy_buffer_size 16k; add_header A b;'],
    'add_header A b;',
  ],
  [
    'http-version',
    ['proxy_http_version 1.1;', ''],
    'proxy_pass http://127.0.0.1:3000;',
  ],
  [
    'http-version',
    ['proxy_http_version 1.1;', 'proxy_http_version 1.0;'],
    'proxy_pass http://127.0.0.1:3000;',
  ],
  [
    'http-version',
    ['proxy_buffer_size', 'proxy_http_version 1.0;\nproxy_buffer_size'],
    'proxy_http_version 1.0;',
  ],
  [
    'client-headers',
    ['proxy_set_header X-Sendfile "";', ''],
    'proxy_pass http://127.0.0.1:3000;',
    'hint',
  ],
  [
    'cache-path',
    [
      'proxy_ignore_headers Set-Cookie',
      'proxy_cache store;\n      proxy_ignore_headers Set-Cookie',
    ],
    'proxy_cache store;',
    'hint',
  ],
  [
    'proxy-buffer-size',
    ['proxy_buffer_size 16k;', ''],
    'proxy_pass http://127.0.0.1:3000;',
    'hint',
  ],
  [
    'proxy-buffer-size',
    ['proxy_buffer_size 16k;', 'proxy_buffer_size 4096;'],
    'proxy_buffer_size 4096;',
    'hint',
  ],
  [
    'offload-ignored',
    [
      'proxy_buffer_size 16k;',
      'proxy_buffer_size 16k; proxy_ignore_headers Expires X-Accel-Redirect;',
    ],
    'proxy_ignore_headers Expires',
  ],
  [
    'store-is-obeyed',
    ['Set-Cookie X-Accel-Redirect;', 'Set-Cookie;'],
    'proxy_pass http://store.example/$1;',
  ],
  ...[
    'https://partner.example',
    'https://partner.example/blog/',
    'http://partner.example:8080',
    'http://93.184.215.14',
    'http://[2606:2800:21f::1]:80',
  ].map((address): LintRow => [
    'store-is-obeyed',
    [
      'location = /50x',
      `location /blog/ { proxy_pass ${address}; }\nlocation = /50x`,
    ],
    'location /blog/',
  ]),
  [
    'store-is-obeyed',
    [
      'server {\n    listen',
      `upstream partner { server 10.0.0.9; server partner.example:80; }
       server {\n location /blog/ { proxy_pass http://partner; }\n    listen`,
    ],
    'location /blog/',
  ],
  [
    'store-is-obeyed',
    [
      'location / { # the application\n      proxy_pass http://127.0.0.1:3000;',
      'location /blog/ {\nproxy_pass https://blog.example; }\nlocation / { proxy_pass https://app.example;',
    ],
    'https://blog.example',
  ],
];

describe('the lint rules for nginx', () => {
  it('are not in a sound configuration', () => {
    expect(findingsIn('nginx', SOUND)).toEqual([]);
    expect(findingsIn('nginx', SOUND.replaceAll('\n', '\r\n'))).toEqual([]);
  });

  it.each(LINT_RULES.map((row) => ({ rule: row[0], edit: row[1], row })))(
    'are found: $rule by $edit',
    ({ edit, row }) => {
      const text = edited(SOUND, edit);

      expect(findingsIn('nginx', text)).toEqual(onlyFinding(text, row));
    },
  );

  it.each([
    ['an alias under an exact location', '/a { alias /b/; }', 'location = '],
    ['an alias of captures', '^/a(.*)$ { alias /b/$1; }', 'location ~ '],
    ['public files', '/static/ { alias /srv/static/; }', 'location '],
    ['a framework of its own', '/_next/static/ { alias /a/; }', 'location '],
    ['files of a named location', '@private { root /srv; }', 'location '],
    [
      'an application that is asked who may enter',
      '= /who { internal; proxy_pass http://auth.example; }\nauth_request /who;',
      'location ',
    ],
    [
      'the application itself, asked by an internal location',
      '/again/ { internal; proxy_pass http://127.0.0.1:3000/again/; }',
      'location ',
    ],
    [
      'Lua, whatever stands in it',
      '/lua { content_by_lua_block { if a then b = {"}"} end -- }\n } }',
      'location ',
    ],
    [
      'headers that are merged',
      '/m { add_header_inherit merge; add_header A b; }',
      'location ',
    ],
    ...[
      'http://blog:80',
      'http://10.0.0.9',
      'http://blog.internal',
      'http://unix:/run/blog.sock',
    ].map((address): [string, string, string] => [
      `another application nearby, ${address}`,
      `/blog/ { proxy_pass ${address};
        proxy_set_header X-Accel-Redirect ""; proxy_set_header X-Accel-Mapping "";
        proxy_set_header X-Sendfile ""; proxy_set_header X-Sendfile-Type ""; proxy_buffer_size 16k; }`,
      'location ',
    ]),
    ['an inner header of no weight', '/m { expires 1h; }', 'location '],
  ])('are not seen in %s', (_, text, location) => {
    const added = `${location}${text}\nlocation = /50x`;

    expect(
      findingsIn('nginx', edited(SOUND, ['location = /50x', added])),
    ).toEqual([]);
  });

  it('are not seen where the zone of a cache is known', () => {
    const path = 'proxy_cache_path /a levels=1:2 keys_zone=store:1m;';
    const known = edited(SOUND, ['gzip_types', `${path}\ngzip_types`]);
    const ignoring = 'proxy_ignore_headers Set-Cookie';
    const cached = `proxy_cache store;\n${ignoring}`;

    expect(findingsIn('nginx', edited(known, [ignoring, cached]))).toEqual([]);
  });

  it.each([
    ['try_files', 'try_files $uri =404;'],
    ['a blank more', 'if ( -d $request_filename ) { return 403; }'],
    ['quotes', 'if (-d "$request_filename") { return 404; }'],
  ])('take %s for a refusal of directories', (_, text) => {
    const refusal = 'if (-d $request_filename) { return 404; }';

    expect(findingsIn('nginx', edited(SOUND, [refusal, text]))).toEqual([]);
  });

  it('leave an upstream alone that is not to offload, beside one that is', () => {
    const added =
      'location /other/ { proxy_pass http://other.example; proxy_http_version 1.0; ' +
      'proxy_ignore_headers X-Accel-Redirect; }\nlocation = /50x';

    expect(
      findingsIn('nginx', edited(SOUND, ['location = /50x', added])),
    ).toEqual([]);
  });
});
