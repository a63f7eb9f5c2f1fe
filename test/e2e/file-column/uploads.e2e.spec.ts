import { PassThrough } from 'node:stream';

import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  expect,
  it,
  jest,
} from '@jest/globals';
import { Logger } from '@nestjs/common';
import { FileColumnsModule, NewFile } from 'nestjs-downloadview/typeorm';
import { DataSource, Repository } from 'typeorm';

import {
  type RunningApplication,
  startApplication,
} from '../../support/application.js';
import { textOf } from '../../support/clients/bytes-of.js';
import { describeOnDatabases } from '../../support/databases/databases.js';
import {
  Author,
  FILE_ENTITIES,
  Note,
  Paper,
  RecordedNote,
} from '../../support/databases/file-column.entities.js';
import { ListedStorage } from '../../support/stores/listed-storage.js';

/** Of a pool of connections as it is by default. */
const CONNECTIONS = 10;

describeOnDatabases('An upload', ({ adapter, imports }) => {
  let running: RunningApplication;
  let dataSource: DataSource;
  let papers: Repository<Paper>;
  const events: string[] = [];
  const storage = new (class extends ListedStorage {
    override async save(...parameters: Parameters<ListedStorage['save']>) {
      const key = await super.save(...parameters);
      events.push(`stored ${key}`);
      return key;
    }
  })();

  beforeAll(async () => {
    running = await startApplication(adapter, {
      options: { storages: { default: storage, portraits: storage } },
      imports: [...imports(FILE_ENTITIES), FileColumnsModule.forRoot()],
    });
    dataSource = running.app.get(DataSource);
    papers = dataSource.getRepository(Paper);
    dataSource.subscribers.push({
      afterTransactionStart: () => void events.push('BEGIN'),
    });
  });

  afterAll(() => running.close());

  beforeEach(async () => {
    await dataSource.synchronize(true);
    for (const key of storage.keys) await storage.delete(key);
    events.length = 0;
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  const keys = (): string[] => [...storage.keys].sort();

  const paper = (slug: string, more: Partial<Paper> = {}): Paper =>
    papers.create({ slug, file: new NewFile(`${slug}.txt`, slug), ...more });

  /** A client that has sent a part of its file. */
  const upload = (): PassThrough => {
    const stream = new PassThrough();
    stream.write('Some ');
    return stream;
  };

  it('is stored before the transaction begins', async () => {
    await papers.save(paper('a'));
    expect(events).toEqual(['stored papers/a.txt', 'BEGIN']);
  });

  it.each<[string, () => Promise<unknown>, string[]]>([
    [
      'all entities of a list',
      () => dataSource.manager.save([paper('a'), paper('b')]),
      ['papers/a.txt', 'papers/b.txt'],
    ],
    [
      'all columns, those of embedded objects included',
      () =>
        papers.save({
          slug: 'a',
          file: new NewFile('a.txt', 'a'),
          draft: new NewFile('b.txt', 'b'),
          scan: { pages: 3, file: new NewFile('c.txt', 'c') },
        }),
      ['b.txt', 'papers/a.txt', 'scans/3-pages/c.txt'],
    ],
    [
      'entities that are saved with another one',
      () =>
        dataSource.getRepository(Author).save({
          papers: [paper('a'), paper('b')],
        }),
      ['papers/a.txt', 'papers/b.txt'],
    ],
    [
      'an entity of a table that its class shares',
      () => {
        const note = new RecordedNote();
        note.title = 'A';
        note.sound = new NewFile('a.txt', 'a');
        return dataSource.getRepository(Note).save(note);
      },
      ['a.txt'],
    ],
    [
      'a row that there is already',
      async () => {
        const { id } = await papers.save(paper('a'));
        events.length = 0;
        await papers.save({ id, file: new NewFile('b.txt', 'b') });
      },
      ['papers/b.txt'],
    ],
    [
      'a repository with a manager of its own',
      () =>
        new Repository(Paper, dataSource.createEntityManager()).save(
          paper('a'),
        ),
      ['papers/a.txt'],
    ],
  ])('is so for %s', async (_what, save, stored) => {
    await save();
    expect(events.slice(0, -1).sort()).toEqual(
      stored.map((key) => `stored ${key}`),
    );
    expect(events.at(-1)).toBe('BEGIN');
  });

  it('holds no connection while its bytes come', async () => {
    const uploads = Array.from({ length: CONNECTIONS + 2 }, upload);
    const saving = uploads.map((stream, index) =>
      papers.save(paper(`${index}`, { file: new NewFile('a.txt', stream) })),
    );
    expect(await papers.count()).toBe(0);
    for (const stream of uploads) stream.end('bytes');
    await Promise.all(saving);
    expect(await papers.count()).toBe(uploads.length);
  });

  it('that is broken off leaves that of somebody else alone', async () => {
    const broken = upload();
    const saving = papers.save(
      paper('broken', { file: new NewFile('broken.txt', broken) }),
    );
    const whole = await papers.save(paper('whole'));
    broken.destroy(new Error('The client has left'));
    await expect(saving).rejects.toThrow('The client has left');
    expect(await papers.find()).toMatchObject([{ slug: 'whole' }]);
    expect(keys()).toEqual(['papers/whole.txt']);
    expect(await textOf(await whole.file.open())).toBe('whole');
  });

  it('leaves nothing where its row cannot be written, outside of a transaction too', async () => {
    await papers.save(paper('a'));
    for (const transaction of [true, false]) {
      const saving = papers.save([paper('b'), paper('a'), paper('c')], {
        transaction,
      });
      await expect(saving).rejects.toThrow(/unique/i);
      const found = await papers.find();
      expect(keys()).toEqual(found.map(({ file }) => file.key).sort());
    }
  });

  it('stays where somebody fails after the commit', async () => {
    const broken = {
      afterTransactionCommit() {
        throw new Error('Not my day');
      },
    };
    dataSource.subscribers.unshift(broken);
    try {
      await expect(papers.save(paper('a'))).rejects.toThrow('Not my day');
    } finally {
      dataSource.subscribers.splice(dataSource.subscribers.indexOf(broken), 1);
    }
    expect(await papers.count()).toBe(1);
    expect(keys()).toEqual(['papers/a.txt']);
    await papers.save(paper('b'));
    expect(keys()).toEqual(['papers/a.txt', 'papers/b.txt']);
  });

  it('that no row gets is removed again', async () => {
    const a = await papers.save(paper('a'));
    // Another object for the same row, which TypeORM takes for the first one.
    const twin = paper('a', { id: a.id });
    a.file = new NewFile('second.txt', 'Second');
    await dataSource.getRepository(Author).save({ papers: [a, twin] });
    const [found] = await papers.find();
    expect(keys()).toEqual(
      [...new Set(['papers/a.txt', found?.file.key])].sort(),
    );
  });

  it('that its parser cuts at a limit is 413, and leaves nothing', async () => {
    const cut = Object.assign(upload(), { truncated: false });
    const saving = papers.save(paper('a', { file: new NewFile('a.txt', cut) }));
    cut.truncated = true;
    cut.end();
    await expect(saving).rejects.toMatchObject({ status: 413 });
    expect([keys(), await papers.count()]).toEqual([[], 0]);
  });

  it('in a transaction of the application is a warning, once', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    for (const slug of ['a', 'b']) {
      await dataSource.transaction((manager) =>
        manager.save([
          paper(slug, { file: new NewFile('a.txt', upload().end()) }),
          paper(`${slug} of bytes`),
        ]),
      );
    }
    expect(warn.mock.calls).toEqual([
      [
        'Paper.file: a new file is read inside a transaction, which holds its connection until the last byte has come. Store it before the transaction begins: await file.store()',
      ],
    ]);
  });

  it('is stored before a transaction of the application by store()', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const file = await new NewFile('a.txt', upload().end('bytes')).store();
    expect(await file.store()).toBe(file);
    const saved = await dataSource.transaction((manager) =>
      manager.save(Paper, { slug: 'a', file }),
    );
    expect(events).toEqual(['stored a.txt', 'BEGIN']);
    expect(warn).not.toHaveBeenCalled();
    expect(saved.file).not.toBeInstanceOf(NewFile);
    const found = await papers.findOneByOrFail({ slug: 'a' });
    expect(await textOf(await found.file.open())).toBe('Some bytes');
  });

  it('that store() has stored goes with its transaction', async () => {
    const file = await new NewFile('a.txt', 'a').store({ directory: 'b' });
    expect(keys()).toEqual(['b/a.txt']);
    const transaction = dataSource.transaction(async (manager) => {
      await manager.save(paper('a', { file }));
      throw new Error('Changed my mind');
    });
    await expect(transaction).rejects.toThrow('Changed my mind');
    expect(keys()).toEqual([]);
    await papers.save(paper('b', { file }));
    expect(keys()).toEqual(['papers/a.txt']);
  });

  it('that store() has stored is removed by delete()', async () => {
    const file = await new NewFile('a.txt', 'a').store();
    expect(await textOf(await file.open())).toBe('a');
    await file.delete();
    expect(keys()).toEqual([]);
  });

  it('that store() has stored elsewhere is refused', async () => {
    const elsewhere = new ListedStorage();
    const file = await new NewFile('a.txt', 'a').store({ storage: elsewhere });
    await expect(papers.save(paper('a', { file }))).rejects.toThrow(
      'in another storage than that of the column',
    );
  });
});
