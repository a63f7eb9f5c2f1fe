import { existsSync } from 'node:fs';
import { chmod } from 'node:fs/promises';

import {
  afterAll,
  afterEach,
  beforeAll,
  expect,
  it,
  jest,
} from '@jest/globals';
import { Controller, Get, Logger } from '@nestjs/common';
import {
  type CompletionsOptions,
  Download,
  DownloadEvents,
  TemporaryFile,
} from 'nestjs-downloadview';

import {
  type ServedSite,
  startBehind,
} from '../support/servers/behind-server.js';
import { eventually } from '../support/eventually.js';
import { RawClient } from '../support/clients/raw-client.js';
import { completionsLog, telling } from '../support/telling-server.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import { describeAllServers } from '../support/servers/tested-servers.js';

const FEW = 100_000;
/** More than the buffers of all connections hold. */
const MANY = 64 * 1024 * 1024;

describeAllServers('a file that goes away', (server, adapter) => {
  const NAMES = {
    nginx: 'nginx',
    Apache: 'apache',
    lighttpd: 'lighttpd',
    Caddy: 'caddy',
  };
  const name = NAMES[server.name];
  let directory: TemporaryDirectory;
  let site: ServedSite;
  let keepFor: number | undefined;
  let path: string;
  let bytes: number;
  let warnings: unknown[];
  let exports = 0;
  const senders: string[] = [];

  beforeAll(async () => {
    directory = await temporaryDirectory();
  });
  afterEach(() => site.stop());
  afterAll(() => directory.remove());

  async function start(
    size: number,
    completions: CompletionsOptions | undefined,
    kept?: number,
  ): Promise<void> {
    keepFor = kept;
    bytes = size;
    path = await directory.zeros(`export-${(exports += 1)}.bin`, size);
    await chmod(path, 0o644);

    @Controller()
    class ExportController {
      @Get('export')
      @Download()
      export() {
        return new TemporaryFile(path, { keepFor });
      }
    }
    const backend = server.backend([{ sourceDir: directory.path }]);
    const warn = jest
      .spyOn(Logger.prototype, 'warn')
      .mockImplementation(() => undefined);
    site = await startBehind(server.kind, adapter, {
      backend: completions ? telling(backend, completions) : backend,
      options: {
        completions,
        temporaryFiles: { directory: directory.path, keepFor },
      },
      controllers: [ExportController],
    });
    warnings = warn.mock.calls.map(([message]) => String(message));
    warn.mockRestore();
    senders.length = 0;
    site.application.app.get(DownloadEvents).subscribe((event) => {
      if (event.phase === 'started') senders.push(event.sender);
    });
  }
  const told = async () => ({ file: await completionsLog(directory) });
  const isThere = () => Promise.resolve(existsSync(path));
  const ask = async () =>
    (await site.through('/export')).body.equals(Buffer.alloc(bytes));
  const leave = async () => {
    const { port } = new URL(site.server.origin);
    const client = await RawClient.connect(Number(port));
    await client.send({ path: '/export' });
    await client.readALittle();
    await client.leave();
  };

  it('is sent whole by the server, and gone when that says so', async () => {
    await start(FEW, await told());

    expect(await ask()).toBe(true);

    expect(senders).toEqual([name]);
    expect(await eventually(false, isThere)).toBe(false);
    expect((await site.through('/export')).status).toBe(404);
  });

  it('is there for a client that left, and comes again', async () => {
    await start(MANY, await told());
    const ended = new Promise((resolve) => {
      site.application.app.get(DownloadEvents).subscribe(({ outcome }) => {
        if (outcome === 'aborted') resolve(outcome);
      });
    });
    await leave();

    await ended;

    expect(await isThere()).toBe(true);
    expect(await ask()).toBe(true);
    expect(await eventually(false, isThere)).toBe(false);
  });

  it('with keepFor: 0 is gone when its client has left', async () => {
    await start(MANY, await told(), 0);

    await leave();

    expect(senders).toEqual([name]);
    expect(await eventually(false, isThere)).toBe(false);
  });

  it('stays where the server does not say when it has sent it', async () => {
    await start(FEW, undefined, 1);

    // Most of these would be 404 if it were removed when the application has answered.
    const answers = await Promise.all([ask(), ask(), ask()]);

    expect(answers).toEqual([true, true, true]);
    expect(new Set(senders)).toEqual(new Set([name]));
    expect(await isThere()).toBe(true);
  });

  it('with keepFor: 0 is sent by the application then, which is said at boot', async () => {
    await start(FEW, undefined, 0);

    expect(await ask()).toBe(true);

    expect(senders).toEqual(['application']);
    expect(warnings).toContainEqual(
      expect.stringContaining('temporaryFiles.keepFor is 0'),
    );
    expect(await eventually(false, isThere)).toBe(false);
  });
});
