import { randomBytes } from 'node:crypto';

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type INestApplication } from '@nestjs/common';
import { PathDownloadController } from 'nestjs-downloadview';

import {
  createApplication,
  type ApplicationParts,
} from '../support/application.js';
import { Load, type LoadedRequest } from '../support/clients/load.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import {
  describeAllServers,
  type TestedServer,
} from '../support/servers/tested-servers.js';
import {
  startWebServer,
  type WebServer,
} from '../support/servers/web-server.js';

const CONTENT = randomBytes(300_000);
const CLIENTS = 2;
const ENOUGH = 10;
/** lighttpd asks an application that was away again only once its clock has gone on a second. */
const LATE: Partial<Record<TestedServer['name'], number>> = { lighttpd: 2_000 };

describeAllServers('a restart under load', (server, adapter) => {
  let directory: TemporaryDirectory;
  let parts: ApplicationParts;
  let application: INestApplication;
  let port: string;
  let web: WebServer;
  let load: Load;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const root = directory.path;
    await directory.write('file.bin', CONTENT);
    const backend = server.backend([{ sourceDir: root }]);
    parts = {
      options: { backend },
      controllers: [
        PathDownloadController.asController('files/*path', { root }),
      ],
    };
    application = await createApplication(adapter, parts);
    await application.listen(0, '127.0.0.1');
    ({ port } = new URL(await application.getUrl()));
    web = await startWebServer(
      server.kind,
      (place) =>
        backend.serverConfig?.({ upstream: `127.0.0.1:${port}`, ...place }) ??
        '',
    );
    load = new Load(new URL(`${web.origin}/files/file.bin`), CONTENT, CLIENTS);
  });

  afterAll(async () => {
    await load.end();
    await web.stop();
    await application.close();
    await directory.remove();
  });

  /** What went wrong outside of the time in which something was down. */
  async function failuresBeside(
    restart: () => Promise<void>,
    late = 0,
  ): Promise<LoadedRequest[]> {
    const earlier = load.requests.length;
    await load.succeeds(ENOUGH);
    const down = performance.now();
    await restart();
    const up = performance.now() + late;
    await load.succeeds(ENOUGH);
    return load.requests
      .slice(earlier)
      .filter(
        ({ failure, began, ended }) =>
          failure !== undefined && (ended < down || began > up),
      );
  }

  it('of the server spoils no byte, and shows only while it is down', async () => {
    expect(await failuresBeside(() => web.restart())).toEqual([]);
    expect(load.requests.filter(({ isWrong }) => isWrong)).toEqual([]);
  });

  const { [server.name]: late = 0 } = LATE;
  const until = late > 0 ? `${late} ms after it is back` : 'it is back';
  it(`of the application spoils no byte, and shows at most until ${until}`, async () => {
    const restart = async (): Promise<void> => {
      await application.close();
      application = await createApplication(adapter, parts);
      await application.listen(Number(port), '127.0.0.1');
    };

    expect(await failuresBeside(restart, late)).toEqual([]);
    expect(load.requests.filter(({ isWrong }) => isWrong)).toEqual([]);
  });
});
