import { utimes } from 'node:fs/promises';

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type DownloadRequest,
  HttpDownloadController,
} from 'nestjs-downloadview';

import {
  type RunningApplication,
  startApplication,
} from '../../support/application.js';
import { describeWith } from '../../support/describe-with.js';
import { httpRequest } from '../../support/clients/http-client.js';
import { settledResources } from '../../support/leaks.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../../support/files/temporary-directory.js';
import {
  type ServerPlace,
  startWebServer,
  type WebServer,
} from '../../support/servers/web-server.js';
import { NGINX } from '../../support/servers/web-server-kinds.js';

const SIZE = 1000;
const MODIFIED = new Date('2025-03-01T10:00:00Z');
const DATES = [-1, 0, 1].map((seconds) =>
  new Date(MODIFIED.getTime() + seconds * 1000).toUTCString(),
);

type Headers = Record<string, string>;

/** A plain web server of files, as there are many. */
function configurationOf(root: string) {
  return ({ listen, directory, user }: ServerPlace): string => `
    ${user === undefined ? '' : `user ${user};`}
    worker_processes 1;
    pid ${directory}/nginx.pid;
    events {}
    http {
      access_log off;
      types { text/plain txt; }
      ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((kind) => `${kind}_temp_path ${directory}/${kind};`)
        .join(' ')}
      server { listen ${listen}; root ${root}; }
    }`;
}

/** Positions around those that matter. */
const position = fc.oneof(
  fc.integer({ min: 0, max: SIZE + 5 }),
  fc.constantFrom(0, SIZE - 1, SIZE),
);
const range = fc.oneof(
  fc
    .tuple(position, position)
    .map(([a, b]) => `bytes=${Math.min(a, b)}-${Math.max(a, b)}`),
  position.map((first) => `bytes=${first}-`),
  position.map((suffix) => `bytes=-${suffix}`),
);
const tag = fc.constantFrom('TAG', '"other"');
const ranges = {
  Range: range,
  'If-Range': fc.oneof(tag, fc.constantFrom(...DATES)),
};
const tags = fc.oneof(
  fc
    .array(tag, { minLength: 1, maxLength: 3 })
    .map((several) => several.join(', ')),
  fc.constantFrom('*', 'W/TAG'),
);
const dates = fc.constantFrom(...DATES.slice(0, 2));
/** Never both: nginx looks at the date though there is a tag (RFC 9110 13.1.3). */
const conditions = fc.oneof(
  fc.record({ ...ranges, 'If-None-Match': tags }, { requiredKeys: [] }),
  fc.record({ ...ranges, 'If-Modified-Since': dates }, { requiredKeys: [] }),
);

describeWith(['nginx'], 'A file of an nginx', () => {
  let directory: TemporaryDirectory;
  let remote: WebServer;
  let running: RunningApplication;
  let etag = '';

  /** Suites that ran before in this process may have left some. */
  let ofOthers: number;
  beforeAll(async () => {
    ofOthers = await activeSockets();
    directory = await temporaryDirectory();
    const text = Array.from({ length: SIZE / 4 }, (_, i) =>
      String(i).padStart(4),
    );
    for (const [name, content] of [
      ['file.txt', text.join('')],
      ['empty.txt', ''],
    ] as const) {
      const path = await directory.write(`files/${name}`, content);
      await utimes(path, MODIFIED, MODIFIED);
    }
    remote = await startWebServer(
      NGINX,
      configurationOf(`${directory.path}/files`),
    );
    const { host } = new URL(remote.origin);

    class RemoteController extends HttpDownloadController {
      override allowedHosts = [host];
      override getUrl({ url }: DownloadRequest): string {
        return `http://${host}${url}`;
      }
    }
    running = await startApplication('express', {
      controllers: [RemoteController.asController(':name')],
    });
    etag = (await httpRequest(remote.origin, '/file.txt')).headers.etag ?? '';
  });

  afterAll(async () => {
    await running.close();
    await remote.stop();
    await directory.remove();
  });

  const both = async (path: string, headers: Headers) => {
    const [ours, theirs] = await Promise.all(
      [running, remote].map(async ({ origin }) => {
        const answer = await httpRequest(origin, path, { headers });
        const isError = answer.status > 400;
        return {
          status: answer.status,
          range: answer.headers['content-range'],
          tag: isError ? undefined : answer.headers.etag,
          body: isError ? undefined : answer.text,
        };
      }),
    );
    return { ours, theirs };
  };

  it('is answered as nginx itself answers', async () => {
    const statuses = new Set<number | undefined>();
    await fc.assert(
      fc.asyncProperty(conditions, async (asked) => {
        const headers = Object.fromEntries(
          Object.entries(asked).map(([name, value]) => [
            name,
            value.replaceAll('TAG', etag),
          ]),
        );
        const { ours, theirs } = await both('/file.txt', headers);
        statuses.add(ours?.status);
        expect(ours).toEqual(theirs);
      }),
      { numRuns: 300 },
    );
    expect([...statuses].sort()).toEqual([200, 206, 304, 416]);
  });

  it.each([['bytes=0-'], ['bytes=-1'], ['bytes=0-0']])(
    'that is empty is answered to %s as nginx itself does',
    async (Range) => {
      const { ours, theirs } = await both('/empty.txt', { Range });
      expect(ours).toEqual(theirs);
    },
  );

  it('keeps the process running for no connection that nobody uses', async () => {
    for (const path of ['/file.txt', '/none.txt']) {
      await httpRequest(running.origin, path);
    }
    // One that is kept for the next request is not in this list.
    expect(await activeSockets()).toBeLessThanOrEqual(ofOthers);
  });
});

async function activeSockets(): Promise<number> {
  const { active } = await settledResources();
  return active.TCPSocketWrap ?? 0;
}
