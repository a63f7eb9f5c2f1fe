import { describe, expect, it } from '@jest/globals';

import { lintConfig } from '../../../lib/command/check-config.js';

const APPLICATION = `reverse_proxy 127.0.0.1:3000 {
    @accel header X-Accel-Redirect *
    handle_response @accel {
      root * /srv/media
      rewrite * {rp.header.X-Accel-Redirect}
      copy_response_headers {
        exclude X-Accel-Redirect Content-Length Content-Encoding
      }
      file_server
    }
  }`;
const REST = 'handle_errors {\n root * /srv/media\n file_server\n}';

function site(...lines: readonly string[]): string {
  return ['files.example {', ...lines, REST, '}'].join('\n');
}

/** The line at which a directory is open, and what is said of it. */
function openIn(...lines: readonly string[]): string[] {
  return lintConfig('caddy', lines.join('\n'), 'Caddyfile')
    .filter(({ rule }) => rule === 'directory-is-open')
    .map(
      ({ level, place, happens }) =>
        `${level} ${place.line} ${/'[^']*'/.exec(happens)?.[0]}`,
    );
}

describe('a directory of handle_response', () => {
  it.each([
    ['handle_path', 'handle_path /_off/* {\nroot * /srv/media'],
    ['handle_path above it', 'handle_path /_off/* {\nroot * /srv'],
    ['handle', 'handle /raw/* {\nroot * /srv/media'],
    ['handle below a directory', 'handle /media/* {\nroot /srv'],
    [
      'handle by a name',
      '@raw path /a /raw/*\nhandle @raw {\nroot * /srv/media',
    ],
    [
      'handle that takes the prefix off',
      'handle /raw/* {\nuri strip_prefix /raw\nroot * /srv',
    ],
    ['route', 'route /raw/* {\nroot * /srv/media/a'],
    [
      'a directory that the request names',
      'handle_path /x/* {\nroot * /srv/{host}',
    ],
  ])('is open by %s', (_, block) => {
    const lines = block.split('\n').length;
    expect(openIn(site(block, 'file_server', '}', APPLICATION))).toEqual([
      `problem ${lines + 2} '/srv/media/'`,
    ]);
  });

  it('is open by a root of file_server itself', () => {
    const block = 'handle_path /a/* {\nfile_server {\nroot /srv/media\n}\n}';
    expect(openIn(site(block, APPLICATION))).toEqual([
      "problem 3 '/srv/media/'",
    ]);
  });

  it('is open beside an application that is asked for some paths only', () => {
    const api = APPLICATION.replace('proxy ', 'proxy /api/* ');
    expect(openIn(site('root * /srv/media', 'file_server', api))).toEqual([
      "problem 3 '/srv/media/'",
    ]);
    expect(
      openIn(site('root * /srv/media', 'file_server /_raw/*', api)),
    ).toEqual(["problem 3 '/srv/media/'"]);
  });

  it('is open by file_server ahead of the application in a route', () => {
    expect(
      openIn(
        site(
          'route {',
          'root * /srv/media',
          'file_server /_raw/*',
          APPLICATION,
          '}',
        ),
      ),
    ).toEqual(["problem 4 '/srv/media/'"]);
  });

  it.each(['/srv/media', '/srv', '/srv/media/public'])(
    'is open in another site whose root is %s',
    (root) => {
      const other = [':8080 {', `root * ${root}`, 'file_server browse', '}'];
      expect(openIn(...other, site(APPLICATION))).toEqual([
        "problem 3 '/srv/media/'",
      ]);
    },
  );

  it('is open at each of its places', () => {
    expect(
      openIn(
        site(
          'handle_path /a/* {',
          'root * /srv/media',
          'file_server',
          '}',
          APPLICATION,
        ),
        ':8080 {',
        'root * /srv',
        'file_server',
        '}',
      ),
    ).toHaveLength(2);
  });

  it.each([
    ['handle_response alone', ''],
    [
      'a directory beside it',
      'handle_path /a/* {\nroot * /srv/public\nfile_server\n}',
    ],
    [
      'one that begins alike',
      'handle_path /a/* {\nroot * /srv/media-open\nfile_server\n}',
    ],
    [
      'another path of a root',
      'handle /static/* {\nroot * /srv\nfile_server\n}',
    ],
    [
      'a named path of a root',
      '@css path /static/*\nroot * /srv\nroute @css {\nfile_server\n}',
    ],
    [
      'a single file',
      'handle /robots.txt {\nroot * /srv/media\nfile_server\n}',
    ],
    [
      'a directory that only the environment knows',
      'handle_path /a/* {\nroot * {$DATA}\nfile_server\n}',
    ],
    [
      'files that a password is asked for',
      'handle_path /a/* {\nroot * /srv/media\nbasic_auth {\na b\n}\nfile_server\n}',
    ],
    [
      'what the application is asked for first',
      'root * /srv/media\nfile_server',
    ],
    [
      'files below another path that the application takes',
      'handle_path /all/media/* {\nrespond 404\n}\nhandle_path /all/* {\nroot * /srv\nfile_server\n}',
    ],
  ])('is not open by %s', (_, block) => {
    expect(openIn(site(block, APPLICATION))).toEqual([]);
  });
});
