import { once } from 'node:events';
import { symlink } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { lintConfig } from '../../lib/command/check-config.js';
import { describeWith } from '../support/describe-with.js';
import {
  type HttpAnswer,
  httpRequest,
} from '../support/clients/http-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import { NGINX } from '../support/servers/web-server-kinds.js';
import {
  type ServerPlace,
  startWebServer,
} from '../support/servers/web-server.js';

/** A rule: a sound site, what is edited there, and how it shows. */
interface Row {
  readonly rule: string;
  readonly edit: readonly [sound: string, faulty: string];
  /** Where the application sends nginx. */
  readonly told?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly shows: (answer: HttpAnswer | undefined) => boolean;
}

const ROWS: readonly Row[] = [
  {
    rule: 'pattern-first',
    edit: [
      'location /_x/ {',
      'location ~ ^/_x/.*\\.html$ { return 410; }\nlocation /_x/ {',
    ],
    told: '/_x/a.html',
    shows: (answer) => answer?.status === 410,
  },
  {
    rule: 'alias-slash',
    edit: ['location /_x/ {', 'location /_x {'],
    told: '/_x../secret.txt',
    shows: (answer) => answer?.text === 'secret',
  },
  {
    rule: 'alias-slash',
    edit: ['/files/;', '/files;'],
    told: '/_x/-private/a.txt',
    shows: (answer) => answer?.text === 'of others',
  },
  {
    rule: 'not-internal',
    edit: ['internal;', ''],
    path: '/_x/a.html',
    shows: (answer) => answer?.status === 200,
  },
  {
    rule: 'symlinks',
    edit: ['disable_symlinks on from=', 'disable_symlinks off; # from='],
    told: '/_x/link.txt',
    shows: (answer) => answer?.text === 'secret',
  },
  {
    rule: 'directory-redirect',
    edit: ['if (-d $request_filename) { return 404; }', ''],
    told: '/_x/sub',
    shows: (answer) => answer?.headers.location?.includes('/_x/') === true,
  },
  {
    rule: 'gzip',
    edit: ['gzip off;', 'gzip on;'],
    told: '/_x/a.html',
    headers: { 'Accept-Encoding': 'gzip', Range: 'bytes=0-0' },
    shows: (answer) => answer?.status === 200,
  },
  {
    rule: 'header-not-brought-back',
    edit: [
      'add_header Content-Security-Policy $upstream_http_content_security_policy;',
      '',
    ],
    told: '/_x/a.html',
    shows: (answer) =>
      answer?.status === 200 && !('content-security-policy' in answer.headers),
  },
  {
    rule: 'add-header-lost',
    edit: ['add_header Referrer-Policy no-referrer; # again', ''],
    told: '/_x/a.html',
    shows: (answer) =>
      answer?.status === 200 && !('referrer-policy' in answer.headers),
  },
  {
    rule: 'offload-ignored',
    edit: [
      'proxy_ignore_headers Expires;',
      'proxy_ignore_headers X-Accel-Redirect;',
    ],
    told: '/_x/a.html',
    shows: (answer) => answer?.status === 200 && answer.text === '',
  },
  {
    rule: 'store-is-obeyed',
    edit: ['proxy_ignore_headers X-Accel-Redirect; # of the store', ''],
    told: '/_store/obeyed',
    shows: (answer) => answer?.text.startsWith('<p>') === true,
  },
  {
    rule: 'http-version',
    edit: ['proxy_http_version 1.1;', 'proxy_http_version 1.0;'],
    path: '/cut',
    // The client knows nothing of the rest.
    shows: (answer) => answer?.text === 'begun',
  },
  {
    rule: 'proxy-buffer-size',
    edit: ['proxy_buffer_size 16k;', 'proxy_buffer_size 4k;'],
    path: '/many-headers',
    shows: (answer) => answer?.status === 502,
  },
  {
    rule: 'client-headers',
    edit: ['proxy_set_header X-Sendfile "";', ''],
    path: '/seen',
    headers: { 'X-Sendfile': '/etc/passwd' },
    shows: (answer) => answer?.text === '/etc/passwd',
  },
];

function site(port: number, directory: string): string {
  return `
    add_header Referrer-Policy no-referrer;
    location / {
      proxy_pass http://application;
      proxy_http_version 1.1;
      proxy_buffer_size 16k;
      proxy_buffers 8 16k;
      proxy_ignore_headers Expires;
      proxy_set_header X-Accel-Redirect "";
      proxy_set_header X-Accel-Mapping "";
      proxy_set_header X-Sendfile "";
      proxy_set_header X-Sendfile-Type "";
    }
    location /_x/ {
      internal;
      alias ${directory}/files/;
      disable_symlinks on from=${directory}/files/;
      if (-d $request_filename) { return 404; }
      gzip off;
      add_header X-Content-Type-Options nosniff always;
      add_header Content-Security-Policy $upstream_http_content_security_policy;
      add_header Referrer-Policy no-referrer; # again
    }
    location /_store/ {
      internal;
      proxy_pass http://127.0.0.1:${port};
      proxy_ignore_headers X-Accel-Redirect; # of the store
    }`;
}

function around(text: string, port: number, place: ServerPlace): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${place.directory}/${kind};`,
  );
  return `
  ${place.user ? `user ${place.user};` : ''}
  pid ${place.directory}/nginx.pid;
  events {}
  http {
    access_log off;
    types { text/html html; }
    ${temporary.join(' ')}
    upstream application { server 127.0.0.1:${port}; }
    server {
      listen ${place.listen};
      ${text}
    }
  }`;
}

/** The application and the store. */
function answer(
  url: string,
  to: string,
  seen: string,
  response: ServerResponse,
) {
  if (url === '/cut') {
    // As the system does for a process that is killed.
    response.write('begun', () => response.socket?.destroy());
  } else if (url === '/seen') {
    response.end(seen);
  } else if (url === '/many-headers') {
    response.setHeader('X-Long', 'a'.repeat(6_000)).end();
  } else {
    const target = url === '/_store/obeyed' ? '/_x/a.html' : to;
    response.setHeader('X-Accel-Redirect', target);
    response.setHeader('Content-Security-Policy', 'sandbox');
    response.setHeader('Content-Length', 0).end();
  }
}

describeWith(['nginx'], 'what check-config finds, on nginx itself', () => {
  let directory: TemporaryDirectory;
  let application: Server;
  let port: number;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    await directory.write('files/a.html', `<p>${'long '.repeat(100)}`);
    await directory.write('files/sub/a.txt', 'below');
    await directory.write('files-private/a.txt', 'of others');
    await directory.write('secret.txt', 'secret');
    await symlink('../secret.txt', `${directory.path}/files/link.txt`);
    application = createServer(({ url = '', headers }, response) => {
      const { 'x-to': to = '', 'x-sendfile': seen = '' } = headers;
      answer(url, String(to), String(seen), response);
    }).listen(0, '127.0.0.1');
    await once(application, 'listening');
    ({ port } = application.address() as AddressInfo);
  });

  afterAll(async () => {
    application?.closeAllConnections();
    application?.close();
    await directory?.remove();
  });

  describe.each(ROWS)('$rule: $edit.1 in place of $edit.0', (row) => {
    it.each(['faulty', 'sound'])('shows in a %s site only', async (kind) => {
      const isFaulty = kind === 'faulty';
      const sound = site(port, directory.path);
      const text = isFaulty ? sound.replace(...row.edit) : sound;
      const findings = lintConfig('nginx', text, 'site.conf');
      const server = await startWebServer(NGINX, (place) =>
        around(text, port, place),
      );
      try {
        const given = { 'X-To': row.told ?? '', ...row.headers };
        const received = await httpRequest(server.origin, row.path ?? '/', {
          headers: given,
        }).catch(() => undefined);

        expect(sound).toContain(row.edit[0]);
        expect(row.shows(received)).toBe(isFaulty);
        expect(findings.map(({ rule }) => rule)).toEqual(
          isFaulty ? [row.rule] : [],
        );
      } finally {
        await server.stop();
      }
    });
  });
});
