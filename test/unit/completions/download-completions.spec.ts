import {
  afterEach,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import {
  appendFile,
  readFile,
  rename,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';

import { type Completion } from '../../../lib/completions/completion-line.js';
import {
  checkCompletions,
  type CompletionsOptions,
  DownloadCompletions,
} from '../../../lib/completions/download-completions.js';
import { InvalidOptionsError } from '../../../lib/errors/download-errors.js';
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from '../../support/files/temporary-directory.js';

const ids = [1, 2, 3, 4].map((n) => `${n}f2a1c9e-0b4d-4e6f-8a7b-1c2d3e4f5a6b`);

function lineOf(id: string | undefined): string {
  return `${JSON.stringify({ id, status: 200, bytes: 5, complete: 'OK', length: '5', seconds: 0 })}\n`;
}

describe('completions', () => {
  let completions: DownloadCompletions | undefined;
  let directory: TemporaryDirectory;
  beforeEach(async () => {
    directory = await temporaryDirectory();
  });
  const opened = async (
    options: CompletionsOptions,
  ): Promise<{ port?: number }> => {
    completions = new DownloadCompletions(options);
    return completions.open();
  };
  const expected = (id = ''): Promise<Completion | undefined> =>
    new Promise((resolve) => completions?.expect(id, resolve));

  afterEach(async () => {
    jest.useRealTimers();
    await completions?.close();
    completions = undefined;
    await directory.remove();
  });

  it('are not lost while the application is busy, as far as the kernel has room for them', async () => {
    const { port = 0 } = await opened({ listen: '127.0.0.1:0' });
    const most = Number(await readFile('/proc/sys/net/core/rmem_max', 'utf8'));
    // Each takes up about a kilobyte; the kernel grants twice what it is asked for.
    const count = Math.floor(Math.min(most, 4 * 1024 * 1024) / 1500);
    const all = Promise.all(
      Array.from({ length: count }, (_, index) =>
        expected(`download-number-${index}`),
      ),
    );
    const send = `
      const socket = require('node:dgram').createSocket('udp4');
      let left = ${count};
      for (let index = 0; index < ${count}; index += 1) {
        const line = JSON.stringify({ id: 'download-number-' + index, status: 200, bytes: 5, complete: 'OK', length: '5', seconds: 0 });
        socket.send(line, ${port}, '127.0.0.1', () => (left -= 1) || socket.close());
      }`;

    // Nothing else runs here until that is over.
    execFileSync(process.execPath, ['-e', send]);

    expect((await all).every((one) => one?.outcome === 'completed')).toBe(true);
  });

  it('come by datagrams on an address of this machine, several lines in one', async () => {
    const { port = 0 } = await opened({ listen: '127.0.0.1:0' });
    const [first, second] = [expected(ids[0]), expected(ids[1])];

    const sender = createSocket('udp4');
    sender.send(
      `<190>Nov 29 20:00:00 nginx: ${lineOf(ids[0])}not json\n${lineOf(ids[1])}`,
      port,
      '127.0.0.1',
      () => sender.close(),
    );

    expect(await first).toMatchObject({ outcome: 'completed', bytes: 5 });
    expect(await second).toMatchObject({ id: ids[1] });
  });

  it('come from a file, from its end on, through rotation and truncation', async () => {
    const file = join(directory.path, 'downloads.log');
    await writeFile(file, lineOf(ids[0]));
    await opened({ file });
    const seen: string[] = [];
    completions?.expect(ids[0] ?? '', () => seen.push('old'));

    const appended = expected(ids[1]);
    await appendFile(file, lineOf(ids[1]).slice(0, 20));
    await appendFile(file, lineOf(ids[1]).slice(20));
    await appended;

    const [late, fresh] = [expected(ids[2]), expected(ids[3])];
    await rename(file, `${file}.1`);
    await writeFile(file, `${lineOf(ids[3])}a line of somebody else's\n`);
    await appendFile(`${file}.1`, lineOf(ids[2]));
    await fresh;
    await late;

    const truncated = expected(ids[1]);
    await truncate(file, 0);
    await appendFile(file, lineOf(ids[1]));
    await truncated;

    expect(seen).toEqual([]);
  });

  it('come from a file that is not there yet', async () => {
    const file = join(directory.path, 'downloads.log');
    await opened({ file });

    const first = expected(ids[0]);
    await writeFile(file, lineOf(ids[0]));

    expect(await first).toMatchObject({ id: ids[0] });
  });

  it('are told once, however often a line comes', async () => {
    await opened({ listen: '127.0.0.1:0' });
    const callback = jest.fn();
    completions?.expect(ids[0] ?? '', callback);

    completions?.take(lineOf(ids[0]));
    completions?.take(lineOf(ids[0]));
    completions?.take(lineOf(ids[1]));

    expect(callback).toHaveBeenCalledTimes(1);
  });

  it('that never come are told as unknown when their time is over', () => {
    jest.useFakeTimers();
    completions = new DownloadCompletions({
      listen: '127.0.0.1:0',
      timeout: 60,
    });
    const [first, second] = [jest.fn(), jest.fn()];
    completions.expect(ids[0] ?? '', first);
    jest.advanceTimersByTime(30_000);
    completions.expect(ids[1] ?? '', second);

    jest.advanceTimersByTime(30_000);
    expect(first).toHaveBeenCalledWith(undefined);
    expect(second).not.toHaveBeenCalled();

    jest.advanceTimersByTime(30_000);
    expect(second).toHaveBeenCalledWith(undefined);
  });

  it('that are waited for when the application closes are unknown', async () => {
    await opened({ listen: '127.0.0.1:0' });
    const first = expected(ids[0]);

    await completions?.close();

    expect(await first).toBeUndefined();
  });
});

describe('the option completions', () => {
  it.each([
    [{ listen: '127.0.0.1:5140' }],
    [{ listen: '[::1]:5140', timeout: 60 }],
    [{ listen: 'localhost:5140' }],
    [{ file: '/var/log/nginx/downloads.log' }],
  ])('may be %j', (options) => {
    expect(checkCompletions(options)).toBe(options);
  });

  it.each([
    [{}],
    [{ listen: '0.0.0.0:5140' }],
    [{ listen: '10.0.0.1:5140' }],
    [{ listen: '127.0.0.1' }],
    [{ listen: '127.0.0.1:99999' }],
    [{ listen: '127.0.0.1.example.com:5140' }],
    [{ file: 'downloads.log' }],
    [{ file: '/a', listen: '127.0.0.1:1' }],
    [{ file: '/a', timeout: 0 }],
    [{ file: '/a', path: '/b' }],
    ['127.0.0.1:5140'],
  ])('may not be %j', (options) => {
    expect(() => checkCompletions(options as CompletionsOptions)).toThrow(
      InvalidOptionsError,
    );
  });
});
