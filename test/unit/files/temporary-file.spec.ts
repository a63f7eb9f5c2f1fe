import { existsSync } from 'node:fs';
import {
  mkdir,
  readdir,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import { TemporaryFile, TemporaryFiles } from 'nestjs-downloadview';

import { textOf } from '../../support/clients/bytes-of.js';
import { eventually } from '../../support/eventually.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../../support/files/temporary-directory.js';

let directory: TemporaryDirectory;
beforeAll(async () => {
  directory = await temporaryDirectory();
});
afterAll(() => directory.remove());

const isSoonThere = (path: string): Promise<boolean> =>
  eventually(false, () => Promise.resolve(existsSync(path)));

describe('A TemporaryFile', () => {
  let path: string;
  let count = 0;
  beforeEach(async () => {
    jest.useFakeTimers({
      doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'],
    });
    path = await directory.write(`${(count += 1)}.txt`, 'content');
  });
  afterEach(() => void jest.useRealTimers());

  /** Some seconds later. */
  const after = async (seconds: number): Promise<void> => {
    jest.advanceTimersByTime(seconds * 1000);
    // Time for the removal, which nobody waits for.
    for (let turn = 0; turn < 20; turn += 1) {
      await new Promise(setImmediate);
    }
  };
  const isThere = (): boolean => existsSync(path);
  /** Nobody tells when, so this waits until it is, or the test times out. */
  const removed = async (): Promise<void> => {
    while (isThere()) await new Promise(setImmediate);
  };

  it('goes at once after an answer that handed on all of it', async () => {
    new TemporaryFile(path).use().over('whole');
    await after(0);
    await removed();
  });

  it('stays while other answers of it are running', async () => {
    const [one, other] = [new TemporaryFile(path), new TemporaryFile(path)];
    const [first, second] = [one.use(), other.use()];
    first.over('whole');
    await after(1e5);
    expect(isThere()).toBe(true);
    second.over('part');
    await after(0);
    await removed();
  });

  it.each(['part', 'nothing'] as const)(
    'stays for its time after an answer of %s, and begins it anew with the next',
    async (end) => {
      const file = new TemporaryFile(path, { keepFor: 100 });
      file.use().over(end);
      await after(99);
      file.use().over(end);
      await after(99);
      expect(isThere()).toBe(true);
      await after(1);
      await removed();
    },
  );

  it('with keepFor: 0 goes after its last running answer with a body', async () => {
    const file = new TemporaryFile(path, { keepFor: 0 });
    file.use().over('nothing');
    await after(60);
    expect(isThere()).toBe(true);
    file.use().over('part');
    await after(0);
    await removed();
  });

  it.each([0, 30])(
    'with keepFor: %d stays for a minute after it was handed over',
    async (keepFor) => {
      new TemporaryFile(path, { keepFor }).use().over('handed-over');
      await after(59);
      expect(isThere()).toBe(true);
      await after(1);
      await removed();
    },
  );

  it('counts the end of an answer once', async () => {
    const file = new TemporaryFile(path, { keepFor: 100 });
    const [use, other] = [file.use(), file.use()];
    use.over('part');
    use.over('whole');
    other.over('part');
    await after(99);
    expect(isThere()).toBe(true);
  });

  it('refuses a wrong time', () => {
    expect(() => new TemporaryFile(path, { keepFor: -1 })).toThrow(
      'TemporaryFile.keepFor',
    );
  });
});

describe('TemporaryFiles', () => {
  const HOUR = 3600 * 1000;
  let root: string;
  let count = 0;
  beforeEach(async () => {
    root = join(directory.path, `root ${(count += 1)}`);
    await mkdir(root);
  });

  it('makes files below its directory, of content or by a function', async () => {
    const files = new TemporaryFiles({ directory: root });
    const one = await files.create('Übersicht.txt', 'content');
    const other = await files.create('b.pdf', (path) => writeFile(path, 'pdf'));
    expect([one.name, await textOf(await one.open())]).toEqual([
      'Übersicht.txt',
      'content',
    ]);
    expect([other.name, await textOf(await other.open())]).toEqual([
      'b.pdf',
      'pdf',
    ]);
    expect(one.path).toMatch(/\.txt$/);
    expect(dirname(dirname(one.path))).toBe(root);
  });

  it('leaves nothing of a file that could not be made', async () => {
    const files = new TemporaryFiles({ directory: root });
    const failing = files.create('a.txt', async (path) => {
      await writeFile(path, 'half');
      throw new Error('out of paper');
    });
    await expect(failing).rejects.toThrow('out of paper');
    const nothing = files.create('a.txt', () => Promise.resolve());
    await expect(nothing).rejects.toThrow('ENOENT');
    const [own = ''] = await readdir(root);
    expect(await readdir(join(root, own))).toEqual([]);
  });

  it('takes nothing of a name but its extension into the path', async () => {
    const files = new TemporaryFiles({ directory: root });
    const file = await files.create('../../x/../.y/evil.sh\n', 'content');
    expect(basename(file.path)).toMatch(/^[\w-]{22}(\.sh)?$/);
    expect(dirname(dirname(file.path))).toBe(root);
  });

  it('removes what another process has left, when its time is over', async () => {
    const dead = new TemporaryFiles({ directory: root });
    const { path } = await dead.create('a.txt', 'content');
    const files = new TemporaryFiles({ directory: root });
    const mine = await files.create('b.txt', 'content');
    await files.sweep(Date.now() + HOUR);
    expect(existsSync(path)).toBe(true);
    await files.sweep(Date.now() + 3 * HOUR);
    expect([existsSync(dirname(path)), existsSync(mine.path)]).toEqual([
      false,
      true,
    ]);
  });

  it('leaves the files of a process that shows that it lives', async () => {
    const other = new TemporaryFiles({ directory: root });
    const { path } = await other.create('a.txt', 'content');
    const files = new TemporaryFiles({ directory: root });
    await other.sweep(Date.now() + 2 * HOUR);
    await files.sweep(Date.now() + 3 * HOUR);
    expect(existsSync(path)).toBe(true);
  });

  it('keeps what another process has left as long as that wanted, and five minutes', async () => {
    const other = new TemporaryFiles({ directory: root, keepFor: 24 * 3600 });
    const { path } = await other.create('a.txt', 'content');
    const files = new TemporaryFiles({ directory: root, keepFor: 1 });
    await files.sweep(Date.now() + 24 * HOUR + 290_000);
    expect(existsSync(path)).toBe(true);
    await files.sweep(Date.now() + 24 * HOUR + 310_000);
    expect(existsSync(path)).toBe(false);
  });

  it.each([0, 24 * 3600])(
    'shows every half minute that it lives, with keepFor: %d',
    async (keepFor) => {
      jest.useFakeTimers({
        doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'],
      });
      const files = new TemporaryFiles({ directory: root, keepFor });
      try {
        await files.open();
        const own = dirname((await files.create('a.txt', 'content')).path);
        await utimes(own, 0, 0);
        jest.advanceTimersByTime(30_000);
        // Nobody tells when, so this waits until it is, or the test times out.
        while ((await stat(own)).mtimeMs === 0) {
          await new Promise(setImmediate);
        }
      } finally {
        files.close();
        jest.useRealTimers();
      }
    },
  );

  it('removes nothing that it did not make, and follows no link', async () => {
    const name = `nestjs-downloadview-${'x'.repeat(22)}-3600`;
    const foreign = await directory.write('foreign/a.txt', 'theirs');
    const kept = [
      await directory.write(join(basename(root), 'notes.txt'), 'theirs'),
      await directory.write(
        join(basename(root), 'other', 'y'.repeat(22)),
        'theirs',
      ),
      await directory.write(
        join(basename(root), name, 'notes on it.txt'),
        'theirs',
      ),
      foreign,
    ];
    const swept = await directory.write(
      join(basename(root), name, 'y'.repeat(22)),
      'ours',
    );
    await symlink(dirname(foreign), join(root, name, 'z'.repeat(22)));
    await symlink(
      dirname(foreign),
      join(root, `nestjs-downloadview-${'l'.repeat(22)}-3600`),
    );
    await utimes(join(root, name), 0, 0);
    await new TemporaryFiles({ directory: root }).sweep();
    expect(existsSync(swept)).toBe(false);
    expect(kept.filter((path) => !existsSync(path))).toEqual([]);
  });

  it('says where to give the directory', async () => {
    await expect(new TemporaryFiles().create('a.txt', '')).rejects.toThrow(
      'DownloadModule.forRoot({ temporaryFiles: { directory',
    );
  });

  it('sweeps when it is opened', async () => {
    const { path } = await new TemporaryFiles({ directory: root }).create(
      'a.txt',
      'content',
    );
    await utimes(dirname(path), 0, 0);
    const files = new TemporaryFiles({ directory: root });
    await files.open();
    files.close();
    expect(await isSoonThere(path)).toBe(false);
  });
});
