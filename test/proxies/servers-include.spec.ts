import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { PathDownloadController } from 'nestjs-downloadview';

import { startApplication } from '../support/application.js';
import { httpRequest } from '../support/clients/http-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import {
  describeAllServers,
  type TestedServer,
} from '../support/servers/tested-servers.js';
import {
  type ServerPlace,
  startWebServer,
  type WebServer,
} from '../support/servers/web-server.js';

/** Configurations that are there already, around what is included. */
const AROUND: Record<
  TestedServer['name'],
  (place: ServerPlace, included: string) => string
> = {
  nginx: ({ listen, user, directory }, included) => `
    ${user ? `user ${user};` : ''}
    pid "${directory}/nginx.pid";
    events {}
    http {
      client_body_temp_path "${directory}/body";
      proxy_temp_path "${directory}/proxy";
      fastcgi_temp_path "${directory}/fastcgi";
      uwsgi_temp_path "${directory}/uwsgi";
      scgi_temp_path "${directory}/scgi";
      access_log off;
      server {
        listen ${listen};
        location = /of-the-server { return 200 "my own"; }
        ${included}
      }
    }`,
  Apache: ({ listen, user, directory }, included) => `
${[
  'mpm_event',
  'authz_core',
  'headers',
  'alias',
  'proxy',
  'proxy_http',
  'xsendfile',
]
  .map(
    (name) =>
      `LoadModule ${name}_module "/usr/lib/apache2/modules/mod_${name}.so"`,
  )
  .join('\n')}
    ServerName localhost
    Listen ${listen}
    ${user ? `User ${user}\nGroup ${user}` : ''}
    DefaultRuntimeDir "${directory}"
    PidFile "${directory}/apache2.pid"
    <VirtualHost ${listen}>
      <Location "/of-the-server">
        Redirect 410 "/of-the-server"
      </Location>
      ProxyPass "/of-the-server" "!"
      ${included}
    </VirtualHost>`,
  lighttpd: ({ listen, user }, included) => `
    server.modules = ( "mod_setenv", "mod_proxy", "mod_redirect" )
    server.bind = "127.0.0.1"
    server.port = ${listen.replace(/.*:/, '')}
    ${user ? `server.username = "${user}"\nserver.groupname = "${user}"` : ''}
    server.document-root = "/nonexistent"
    $HTTP["url"] == "/of-the-server" {
      url.redirect = ( "" => "/elsewhere" )
    }
    else $HTTP["host"] =~ "" {
      ${included}
    }`,
  Caddy: ({ listen }, included) => `
{
  admin off
}
http://:${listen.replace(/.*:/, '')} {
  bind 127.0.0.1
  respond /of-the-server "my own"
  ${included}
}`,
};

describeAllServers('what is included in a configuration', (server, adapter) => {
  let directory: TemporaryDirectory;
  let application: Awaited<ReturnType<typeof startApplication>>;
  let web: WebServer;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const root = directory.path;
    await directory.write('a.txt', 'Hello\n');
    const backend = server.backend([{ sourceDir: root }]);
    application = await startApplication(adapter, {
      options: { backend },
      controllers: [
        PathDownloadController.asController('files/*path', { root }),
      ],
    });
    const upstream = `127.0.0.1:${application.port}`;
    web = await startWebServer(server.kind, (place) => {
      const options = { upstream, ...place, include: true };
      return AROUND[server.name](place, backend.serverConfig?.(options) ?? '');
    });
  });

  afterAll(async () => {
    await web.stop();
    await application.close();
    await directory.remove();
  });

  it('sends the file', async () => {
    const direct = await httpRequest(application.origin, '/files/a.txt');
    const answer = await httpRequest(web.origin, '/files/a.txt');

    expect(direct.headers).toHaveProperty(server.offloadHeader);
    expect(answer).toMatchObject({
      status: 200,
      text: 'Hello\n',
      headers: { 'content-security-policy': "sandbox; default-src 'none'" },
    });
  });

  it('leaves alone what the server had before', async () => {
    const direct = await httpRequest(application.origin, '/of-the-server');
    const answer = await httpRequest(web.origin, '/of-the-server');

    expect(direct.status).toBe(404);
    expect([200, 301, 410]).toContain(answer.status);
  });
});
