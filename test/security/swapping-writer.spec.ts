import { readdir } from 'node:fs/promises';

import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import {
  FileSystemStorage,
  PathDownloadController,
  StorageDownloadController,
  stream,
} from 'nestjs-downloadview';

import { ADAPTERS, startApplication } from '../support/application.js';
import {
  type ServedSite,
  startBehind,
} from '../support/servers/behind-server.js';
import {
  type HttpAnswer,
  httpRequest,
} from '../support/clients/http-client.js';
import {
  OWN,
  plantNeighbours,
  startSwapping,
  type SwappingWriter,
  THEIRS,
  type Trick,
  TRICKS,
} from '../support/servers/swapping-writer.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import { describeAllServers } from '../support/servers/tested-servers.js';

const LEAST_ASKED = 120;
const MOST_ASKED = 3000;
const AT_ONCE = 8;

/** Asks for a path and says what came. */
type Ask = (path: string) => Promise<string>;

function textOf({ status, text }: HttpAnswer): string {
  return status === 200 ? text : String(status);
}

/** Two ways to one directory that somebody may write in; the rule of the server has her neighbour's, too. */
function parts(directory: TemporaryDirectory) {
  const root = `${directory.path}/own`;
  return {
    options: { storages: { default: new FileSystemStorage({ root }) } },
    controllers: [
      PathDownloadController.asController('files/*path', { root }),
      StorageDownloadController.asController('stored/*path'),
    ],
  };
}

/** What came while the trick was played. */
async function cameDuring(
  directory: TemporaryDirectory,
  [trick, path]: readonly [Trick, string],
  ask: Ask,
): Promise<Set<string>> {
  const writer = await startSwapping(directory, trick);
  const sent = new Set<string>();
  let asked = 0;
  async function asks(): Promise<void> {
    while (asked < (sent.has(OWN) ? LEAST_ASKED : MOST_ASKED)) {
      const way = asked++ % 2 === 0 ? 'files' : 'stored';
      sent.add(await ask(`/${way}/${path}`));
    }
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, asks));
  } finally {
    await writer.stop();
  }
  expect(writer.turns()).toBeGreaterThan(1);
  return sent;
}

/** Nothing in their configurations keeps these from following a link that is put there after the check. */
function isPromised(server: string, trick: Trick): boolean {
  return (
    trick === 'a link from one directory to another' ||
    !['Apache', 'Caddy'].includes(server)
  );
}

describeAllServers(
  'while somebody swaps links below her root',
  (server, adapter) => {
    let directory: TemporaryDirectory;
    let site: ServedSite;

    beforeAll(async () => {
      directory = await temporaryDirectory();
      await plantNeighbours(directory);
      site = await startBehind(server.kind, adapter, {
        backend: server.backend([{ sourceDir: directory.path }]),
        ...parts(directory),
      });
    });

    afterAll(async () => {
      await site.stop();
      await directory.remove();
    });

    async function sent(path: string): Promise<string> {
      return textOf(await httpRequest(site.server.origin, path));
    }

    async function told(path: string): Promise<string> {
      const { headers, text } = await site.direct(path);
      const place = headers[server.offloadHeader];
      if (place === undefined) return text;
      return String(place).includes('theirs') ? THEIRS : OWN;
    }

    for (const [trick, path] of TRICKS) {
      const isSent = isPromised(server.name, trick);
      const title = isSent ? 'she is sent' : 'the server is told';

      it(`${title} nothing of her neighbour by ${trick}`, async () => {
        const ask = isSent ? sent : told;
        const came = await cameDuring(directory, [trick, path], ask);
        expect(came).toContain(OWN);
        expect(came).not.toContain(THEIRS);
      });
    }
  },
);

describe.each(ADAPTERS)(
  'while somebody swaps links below her root, streamed by %s',
  (adapter) => {
    it.each(TRICKS)(
      'she is sent nothing of her neighbour by %s',
      async (...trick) => {
        const directory = await temporaryDirectory();
        await plantNeighbours(directory);
        const { options, controllers } = parts(directory);
        const running = await startApplication(adapter, {
          options: { ...options, backend: stream() },
          controllers,
        });
        try {
          const sent = await cameDuring(directory, trick, async (path) =>
            textOf(await httpRequest(running.origin, path)),
          );
          expect(sent).toContain(OWN);
          expect(sent).not.toContain(THEIRS);
        } finally {
          await running.close();
          await directory.remove();
        }
      },
    );
  },
);

describe('a storage while somebody swaps links below its root', () => {
  let directory: TemporaryDirectory;
  let storage: FileSystemStorage;
  let writer: SwappingWriter;

  beforeEach(async () => {
    directory = await temporaryDirectory();
    await plantNeighbours(directory);
    storage = new FileSystemStorage({ root: `${directory.path}/own` });
    writer = await startSwapping(
      directory,
      'a link from one directory to another',
    );
  });

  afterEach(async () => {
    await writer.stop();
    await directory.remove();
  });

  /** Until it was done often enough where it may be done. */
  async function again(act: () => Promise<boolean>): Promise<void> {
    let done = 0;
    for (let asked = 0; done < LEAST_ASKED && asked < MOST_ASKED; asked += 1) {
      if (await act().catch(() => false)) done += 1;
    }
    await writer.stop();
    expect(done).toBeGreaterThan(0);
  }

  it('saves nothing among the files of a neighbour', async () => {
    await again(async () => {
      await storage.save('current/new/b.txt', 'hers');
      await storage.save('current/b.txt', 'hers');
      return true;
    });

    expect(await readdir(`${directory.path}/theirs`)).toEqual(['a.txt']);
  });

  it('deletes nothing of a neighbour', async () => {
    await directory.write('theirs/b.txt', THEIRS);

    await again(async () => {
      await storage.delete('current/b.txt');
      return true;
    });

    expect(await readdir(`${directory.path}/theirs`)).toContain('b.txt');
  });
});
