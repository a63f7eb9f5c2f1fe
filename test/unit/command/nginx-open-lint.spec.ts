import { describe, expect, it } from '@jest/globals';

import { lintConfig } from '../../../lib/command/check-config.js';

const APPLICATION = 'location / { proxy_pass http://127.0.0.1:3000; }';
const INTERNAL = 'location ^~ /_x/ { internal; alias /srv/media/; }';

/** The line at which a directory is open, and what is said of it. */
function openIn(text: string): string[] {
  return lintConfig('nginx', text, 'test.conf')
    .filter(({ rule }) => rule === 'directory-is-open')
    .map(
      ({ level, place, happens }) =>
        `${level} ${place.line} ${/'[^']*'/.exec(happens)?.[0]}`,
    );
}

function server(...lines: readonly string[]): string {
  return ['server {', ...lines, '}'].join('\n');
}

describe('a directory of an internal location', () => {
  it.each([
    ['an alias of it', '/files/ {\nalias /srv/media/;\n}'],
    ['an alias below it', '/files/ {\nalias /srv/media/public/;\n}'],
    ['an alias above it', '/y/ {\nalias "/srv/";\n}'],
    ['an alias that leads there', '/y/ {\nalias /srv/a/../media/;\n}'],
    ['the whole disk', '/y/ {\nalias /;\n}'],
    ['a root, and the path below it', '/media/ {\nroot /srv;\n}'],
    ['a root, and a path without a slash', '/media {\nroot /srv/;\n}'],
    ['a root that the client names', '/a/ {\nroot /srv/$host;\n}'],
    ['a root of patterns', '~* \\.(css|js)$ {\nroot /srv;\n}'],
    ['a root below a pattern', '~ ^/media/.+\\.css$ {\nroot /srv;\n}'],
    ['a root of two patterns', '~ ^/a/|^/media/ {\nroot /srv;\n}'],
    ['an alias of captures', '~ ^/dl/(.*)$ {\nalias /srv/media/$1;\n}'],
    [
      'a root for some of the addresses',
      '/media/ {\nroot /srv;\nallow 10.0.0.0/8; deny all; }',
    ],
    [
      'a location inside',
      '/media/ {\nroot /srv;\nlocation /media/a/ { expires 1h; } }',
    ],
  ])('is open by %s', (_, location) => {
    const text = server(APPLICATION, INTERNAL, `location ${location}`);

    expect(openIn(text)).toEqual(["problem 5 '/srv/media/'"]);
  });

  it.each([
    ['of it', '/srv/media', 'location /a/ { expires 1h; }'],
    ['above it', '/srv', 'location /media/ { expires 1h; }'],
    ['above it, for all paths', '/srv', 'location / { try_files $uri @app; }'],
    ['above it, for patterns', '/srv', 'location ~ \\.css$ { expires 1h; }'],
  ])('is open by a root of the server %s', (_, root, location) => {
    const text = server(`root ${root};`, location, INTERNAL);

    expect(openIn(text)).toEqual(["problem 2 '/srv/media/'"]);
    expect(
      openIn(`http {\nroot ${root};\nserver {${location} ${INTERNAL}} }`),
    ).toEqual(["problem 2 '/srv/media/'"]);
  });

  it.each(['/srv/media', '/srv'])(
    'is open by another server without a location, whose root is %s',
    (root) => {
      const other = server('listen 8080;', `root ${root};`);

      expect(openIn(`${server(APPLICATION, INTERNAL)}\n${other}`)).toEqual([
        "problem 7 '/srv/media/'",
      ]);
    },
  );

  it('is open by what no location of a server takes', () => {
    const text = server('root /srv;', 'location /api/ { return 404; }');

    expect(openIn(`${server(APPLICATION, INTERNAL)}\n${text}`)).toEqual([
      "problem 6 '/srv/media/'",
    ]);
  });

  it('is open at each of its places', () => {
    const text = [
      server(APPLICATION, INTERNAL),
      server('root /srv;', 'autoindex on;'),
      server('location /m { alias /srv/media; }'),
      server(
        'location /a/ { alias /srv/media/; } location /b/ { alias /srv/media/; }',
      ),
    ].join('\n');

    expect(openIn(text)).toEqual([
      "problem 6 '/srv/media/'",
      "problem 10 '/srv/media/'",
      "problem 13 '/srv/media/'",
      "problem 13 '/srv/media/'",
    ]);
  });

  it('is open by another server', () => {
    const text = server('root /srv/media;', 'location / { expires 1h; }');

    expect(openIn(`${server(APPLICATION, INTERNAL)}\n${text}`)).toEqual([
      "problem 6 '/srv/media/'",
    ]);
  });

  it('is open where only another server keeps its path', () => {
    const text = server('root /srv;', 'location / { expires 1h; }');
    const taken = server('location /media/ { internal; }', INTERNAL);

    expect(openIn(`${text}\n${taken}`)).toEqual(["problem 2 '/srv/media/'"]);
  });

  it('is open in each of its directories', () => {
    const other = 'location /_y/ { internal; root /srv; }';
    const text = server(INTERNAL, other, 'location /a/ { alias /srv/; }');

    expect(openIn(text)).toEqual([
      "problem 4 '/srv/media/'",
      "problem 4 '/srv/_y/'",
    ]);
  });

  it.each([
    ['a directory beside it', 'location /files/ { alias /srv/files/; }'],
    [
      'one that begins alike',
      'location /files/ { alias /srv/media-private/; }',
    ],
    ['a site beside it', 'root /var/www; location /a/ { expires 1h; }'],
    ['a root with another path', 'location /static/ { root /srv; }'],
    [
      'a root with another pattern',
      'location ~ ^/static/.+\\.css$ { root /srv; }',
    ],
    [
      'a root that nothing serves',
      'root /srv/media; location /a { return 404; }',
    ],
    [
      'a root of internal locations',
      'root /srv; location /media/ { internal; }',
    ],
    [
      'a location inside an internal one',
      'location /_y/ { internal; alias /srv/media/; location /_y/a/ { expires 1h; } }',
    ],
    [
      'a path that an internal location takes',
      'location /all/ { root /srv; }\nlocation /media/ { internal; root /srv; }',
    ],
    ['a named location', 'location @gone { root /srv/media; }'],
    ['a single file', 'location = /robots.txt { root /srv/media; }'],
    [
      'a location that another server answers',
      'location /media/ { root /srv; fastcgi_pass a; }',
    ],
    ['a location of a module', 'root /srv; location /media/ { stub_status; }'],
    [
      'a location that nobody may enter',
      'location /media/ { root /srv; deny all; }',
    ],
    [
      'a location that the application lets in',
      'location /media/ { root /srv; auth_request /who; }',
    ],
    [
      'a directory that only a variable names',
      'location /a/ { root $somewhere; }',
    ],
    ['a relative directory', 'location /a/ { root srv/media; }'],
  ])('is not open by %s', (_, text) => {
    expect(openIn(server(APPLICATION, INTERNAL, text))).toEqual([]);
  });

  it.each([
    ['internal', 'location /media/ { internal; }'],
    ['of the application', 'location /media { proxy_pass http://a; }'],
  ])('is not open where a longer path is %s', (_, location) => {
    const text = server(
      'root /srv;',
      'location / { try_files $uri @app; }',
      INTERNAL,
      location,
    );

    expect(openIn(text)).toEqual([]);
  });

  it('is open to patterns past a longer path, unless that comes first', () => {
    const pattern = 'location ~ \\.css$ { root /srv; }';

    expect(
      openIn(server(pattern, INTERNAL, 'location /media/ { internal; }')),
    ).toHaveLength(1);
    expect(
      openIn(server(pattern, INTERNAL, 'location ^~ /media/ { internal; }')),
    ).toEqual([]);
  });

  it('is not open in a server that sends everybody elsewhere', () => {
    const other = server(
      'root /srv;',
      'return 301 https://a;',
      'location / { expires 1h; }',
    );

    expect(openIn(`${other}\n${server(APPLICATION, INTERNAL)}`)).toEqual([]);
  });

  it('is none where the application may send the whole disk', () => {
    const text = server(
      'location /_x/ { internal; alias /; }',
      'location /a/ { root /var/www; }',
    );

    expect(openIn(text)).toEqual([]);
  });
});

describe('an internal location beside a pattern', () => {
  function takenIn(...lines: readonly string[]): string[] {
    return lintConfig('nginx', server(APPLICATION, ...lines), 'test.conf')
      .filter(({ rule }) => rule === 'pattern-first')
      .map(({ level, place, instead }) => `${level} ${place.line} ${instead}`);
  }
  const LOCATION = 'location /_x/ { internal; alias /srv/media/; }';

  it.each([
    'location ~* \\.(txt|jpg)$ { expires 1h; }',
    'location ~ ^/_x/a { return 404; }',
    'location ~ ^/(a|_x)/ { return 404; }',
  ])('does not get what %s takes', (pattern) => {
    expect(takenIn(pattern, LOCATION)).toEqual([
      expect.stringMatching(/^problem 4 .*'location \^~ \/_x\/ \{'/),
    ]);
  });

  it('of a store does not either', () => {
    const store = 'location /_s/ { internal; proxy_pass http://s; }';
    expect(takenIn('location ~ \\.css$ { expires 1h; }', store)).toHaveLength(
      1,
    );
  });

  it.each([
    ['comes first by ^~', 'location ~ \\.css$ { expires 1h; }', INTERNAL],
    ['is elsewhere', 'location ~ ^/static/ { expires 1h; }', LOCATION],
    ['is for hidden files', 'location ~ /\\.ht { deny all; }', LOCATION],
    [
      'is its own',
      'location /_x/ { internal; alias /a/; location ~ \\.css$ { expires 1h; } }',
      '',
    ],
    [
      'is exact',
      'location ~ \\.html$ { expires 1h; }',
      'location = /50x.html { internal; root /a; }',
    ],
  ])('gets its files where it %s', (_, pattern, location) => {
    expect(takenIn(pattern, location)).toEqual([]);
  });
});
