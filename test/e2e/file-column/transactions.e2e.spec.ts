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
import { type StorageFile } from 'nestjs-downloadview';
import { FileColumnsModule, NewFile } from 'nestjs-downloadview/typeorm';
import { DataSource, type EntityManager, type Repository } from 'typeorm';

import {
  type RunningApplication,
  startApplication,
} from '../../support/application.js';
import { textOf } from '../../support/clients/bytes-of.js';
import { describeOnDatabases } from '../../support/databases/databases.js';
import {
  Album,
  FILE_ENTITIES,
  Page,
  Paper,
} from '../../support/databases/file-column.entities.js';
import { ListedStorage } from '../../support/stores/listed-storage.js';

describeOnDatabases('A file of a row', ({ adapter, imports }) => {
  let running: RunningApplication;
  let dataSource: DataSource;
  let papers: Repository<Paper>;
  const storage = new ListedStorage();

  beforeAll(async () => {
    running = await startApplication(adapter, {
      options: { storages: { default: storage, portraits: storage } },
      imports: [...imports(FILE_ENTITIES), FileColumnsModule.forRoot()],
    });
    dataSource = running.app.get(DataSource);
    papers = dataSource.getRepository(Paper);
  });

  afterAll(() => running.close());

  beforeEach(async () => {
    await dataSource.synchronize(true);
    for (const key of storage.keys) await storage.delete(key);
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  const paper = (slug: string, more: Partial<Paper> = {}): Paper =>
    papers.create({ slug, file: new NewFile(`${slug}.txt`, slug), ...more });

  const withDraft = (slug: string): Promise<Paper> =>
    papers.save(paper(slug, { draft: new NewFile('draft.txt', 'Draft') }));

  const keys = (): string[] => [...storage.keys].sort();

  const rollBack = async (
    run: (manager: EntityManager) => Promise<unknown>,
  ): Promise<void> => {
    const transaction = dataSource.transaction(async (manager) => {
      await run(manager);
      throw new Error('Changed my mind');
    });
    await expect(transaction).rejects.toThrow('Changed my mind');
  };

  it('is removed again where its row cannot be inserted, and can be saved anew', async () => {
    await papers.save(paper('a'));
    const second = paper('a');
    await expect(papers.save(second)).rejects.toThrow(/unique/i);
    expect(keys()).toEqual(['papers/a.txt']);
    second.slug = 'b';
    await papers.save(second);
    expect(await textOf(await second.file.open())).toBe('a');
    expect(keys()).toHaveLength(2);
  });

  it('is removed again where its row cannot be updated, and the old one stays', async () => {
    await papers.save(paper('a'));
    const b = await papers.save(paper('b'));
    Object.assign(b, { slug: 'a', file: new NewFile('c.txt', 'c') });
    await expect(papers.save(b)).rejects.toThrow(/unique/i);
    expect(keys()).toEqual(['papers/a.txt', 'papers/b.txt']);
  });

  it('is removed again where an insert() outside of a transaction fails', async () => {
    await papers.insert({ slug: 'a', file: new NewFile('a.txt', 'a') });
    const values = { slug: 'a', file: new NewFile('b.txt', 'b') };
    await expect(papers.insert(values)).rejects.toThrow(/unique/i);
    expect(keys()).toEqual(['papers/a.txt']);
    await papers.insert({ ...values, slug: 'b' });
    const { file } = await papers.findOneByOrFail({ slug: 'b' });
    await expect(papers.insert({ slug: 'b', file })).rejects.toThrow(/unique/i);
    expect(keys()).toEqual(['papers/a.txt', 'papers/b.txt']);
  });

  it('goes with its transaction', async () => {
    const saved = paper('a');
    await rollBack((manager) => manager.save(saved));
    expect(keys()).toEqual([]);
    expect(saved.file).toBeInstanceOf(NewFile);
    await dataSource.transaction((manager) => manager.save(paper('b')));
    expect(keys()).toEqual(['papers/b.txt']);
  });

  it('is given to no other row after that', async () => {
    let file: StorageFile | undefined;
    await rollBack(async (manager) => {
      file = (await manager.save(paper('a'))).file;
    });
    await expect(papers.save(paper('b', { file }))).rejects.toThrow(
      'removed when its transaction was rolled back',
    );
  });

  it('goes with its savepoint', async () => {
    await dataSource.transaction(async (manager) => {
      await manager.save(paper('a'));
      const inner = manager.transaction(async (nested) => {
        await nested.save(paper('b'));
        throw new Error('Only this one');
      });
      await expect(inner).rejects.toThrow('Only this one');
      await manager.transaction((nested) => nested.save(paper('c')));
    });
    expect(keys()).toEqual(['papers/a.txt', 'papers/c.txt']);
    await rollBack((manager) =>
      manager.transaction((nested) => nested.save(paper('d'))),
    );
    expect(keys()).toEqual(['papers/a.txt', 'papers/c.txt']);
  });

  it('is removed again where it is stored after another one failed', async () => {
    let deliver: (chunk: Buffer) => void = () => undefined;
    const late = new Promise<Buffer>((resolve) => (deliver = resolve));
    const removed = new Promise<void>((resolve) => {
      const remove = storage.delete.bind(storage);
      jest.spyOn(storage, 'delete').mockImplementation(async (key) => {
        await remove(key);
        resolve();
      });
    });
    async function* slow(): AsyncGenerator<Buffer> {
      yield await late;
    }
    // eslint-disable-next-line require-yield
    async function* broken(): AsyncGenerator<Buffer> {
      throw new Error('The client has left');
    }
    const saving = papers.save([
      paper('a', { file: new NewFile('a.txt', slow()) }),
      paper('b', { file: new NewFile('b.txt', broken()) }),
    ]);
    await expect(saving).rejects.toThrow('The client has left');
    deliver(Buffer.from('Late'));
    await removed;
    expect(keys()).toEqual([]);
  });

  it('is there for every row, also where saves overlap and one of them fails', async () => {
    await papers.save(paper('taken'));
    async function* chunks(): AsyncGenerator<Buffer> {
      for (const text of ['some ', 'more ', 'chunks']) {
        yield Buffer.from(text);
        await new Promise(setImmediate);
      }
    }
    await Promise.allSettled(
      ['taken', 'b', 'taken', 'd'].map((slug, index) =>
        papers.save(
          paper(slug, {
            file: new NewFile(`${index}.txt`, index % 2 ? chunks() : slug),
          }),
        ),
      ),
    );
    for (const { file } of await papers.find()) {
      expect([file.key, keys().includes(file.key)]).toEqual([file.key, true]);
    }
  });

  it('cannot be saved again from a stream that was read', async () => {
    const content = [Buffer.from('Once')].values();
    await papers.save(paper('a'));
    const second = paper('a', { file: new NewFile('b.txt', content) });
    await expect(papers.save(second)).rejects.toThrow(/unique/i);
    second.slug = 'b';
    await expect(papers.save(second)).rejects.toThrow('has been read before');
    expect(keys()).toEqual(['papers/a.txt']);
  });

  it('is refused where listeners are switched off', async () => {
    await expect(papers.save(paper('a'), { listeners: false })).rejects.toThrow(
      'where listeners are switched off',
    );
    expect(await papers.count()).toBe(0);
  });

  it('stays in its storage when it is replaced and when its row is removed', async () => {
    const a = await papers.save(paper('a'));
    a.file = new NewFile('second.txt', 'Second');
    await papers.save(a);
    await papers.remove(a);
    expect(keys()).toEqual(['papers/a.txt', 'papers/second.txt']);
  });

  it('is removed when it is replaced, with onReplace', async () => {
    const a = await withDraft('a');
    a.draft = new NewFile('second.txt', 'Second');
    await papers.save(a);
    expect(keys()).toEqual(['papers/a.txt', 'second.txt']);
    a.draft = null;
    await papers.save(a);
    expect(keys()).toEqual(['papers/a.txt']);
  });

  it('is not removed before the commit that replaces it', async () => {
    const a = await withDraft('a');
    await rollBack((manager) => manager.save(Paper, { id: a.id, draft: null }));
    expect(keys()).toContain('draft.txt');
    await dataSource.transaction(async (manager) => {
      await manager.transaction((nested) =>
        nested.save(Paper, { id: a.id, draft: null }),
      );
      expect(keys()).toContain('draft.txt');
    });
    expect(keys()).toEqual(['papers/a.txt']);
  });

  it('is removed with its row, with onDelete', async () => {
    await papers.remove(await withDraft('a'));
    expect(keys()).toEqual(['papers/a.txt']);
    const b = await withDraft('b');
    await rollBack((manager) => manager.remove(b));
    expect(keys()).toContain('draft.txt');
  });

  it('is removed in the same way where there is no transaction', async () => {
    const a = await withDraft('a');
    a.draft = new NewFile('second.txt', 'Second');
    await papers.save(a, { transaction: false });
    expect(keys()).toEqual(['papers/a.txt', 'second.txt']);
    await papers.remove(a, { transaction: false });
    expect(keys()).toEqual(['papers/a.txt']);
  });

  const album = (): Promise<Album> =>
    dataSource.getRepository(Album).save({
      pages: [1, 2].map((number) => ({
        number,
        image: new NewFile(`${number}.png`, 'image'),
        original: new NewFile(`${number}.tif`, 'original'),
      })),
    });

  it('is removed with a row that TypeORM removes as an orphan, once that is committed', async () => {
    const saved = await album();
    expect(keys()).toEqual(['1.png', '1.tif', '2.png', '2.tif']);
    const { id } = saved;
    await rollBack((manager) => manager.save(Album, { id, pages: [] }));
    expect(keys()).toHaveLength(4);
    await dataSource.manager.save(Album, {
      id,
      pages: saved.pages.filter(({ number }) => number === 2),
    });
    expect(keys()).toEqual(['2.png', '2.tif']);
  });

  it('is removed with a row that TypeORM removes with another one', async () => {
    await album();
    const albums = dataSource.getRepository(Album);
    const [found] = await albums.find({ relations: { pages: true } });
    if (!found) throw new Error('There is no album');
    // TypeORM 0.3 leaves its pages to the database, which refuses: then they keep their files.
    const isRemoved = await albums.remove(found).then(
      () => true,
      () => false,
    );
    expect(keys()).toEqual(
      isRemoved ? [] : ['1.png', '1.tif', '2.png', '2.tif'],
    );
  });

  it('is replaced and removed, too, where its column is not selected', async () => {
    await album();
    const pages = dataSource.getRepository(Page);
    const page = await pages.findOneByOrFail({ number: 1 });
    expect(page.original).toBeUndefined();
    page.original = new NewFile('second.tif', 'second');
    await pages.save(page);
    expect(keys()).toEqual(['1.png', '2.png', '2.tif', 'second.tif']);
    await pages.remove(await pages.findOneByOrFail({ number: 1 }));
    expect(keys()).toEqual(['2.png', '2.tif']);
  });

  it('stays where another row has it, in whichever column', async () => {
    const a = await withDraft('a');
    const b = await papers.save(
      paper('b', { draft: a.draft, scan: { pages: 1, file: a.draft } }),
    );
    await papers.remove(a);
    expect(keys()).toContain('draft.txt');
    b.draft = null;
    await papers.save(b);
    expect(keys()).toContain('draft.txt');
    b.scan.file = null;
    await papers.save(b);
    await papers.remove(b);
    // A column without onReplace was the last one to have it.
    expect(keys()).toContain('draft.txt');
  });

  it('stays with a row that is removed softly, and goes with what is left of it', async () => {
    const a = await withDraft('a');
    await papers.softRemove(a);
    expect(keys()).toContain('draft.txt');
    await papers.remove(await papers.save(paper('b', { draft: a.draft })));
    expect(keys()).toContain('draft.txt');
    await papers.recover(a);
    expect((await papers.findOneByOrFail({ slug: 'a' })).draft).not.toBeNull();
    await papers.softRemove(a);
    await papers.remove(a);
    expect(keys()).not.toContain('draft.txt');
  });

  it('stays where its row is removed or changed by a query, which loads no entity', async () => {
    const { id } = await withDraft('a');
    await papers.update(id, { draft: null });
    await papers.delete(id);
    expect(keys()).toContain('draft.txt');
  });

  it('that cannot be removed is a warning, and the row is written', async () => {
    const a = await withDraft('a');
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    jest.spyOn(storage, 'delete').mockRejectedValue(new Error('No\nway'));
    a.draft = null;
    await papers.save(a);
    expect(warn.mock.calls).toEqual([
      [
        expect.stringMatching(
          /^The file 'draft\.txt' is of no row any more, .*: 'No\\u000away'$/,
        ),
      ],
    ]);
    expect((await papers.findOneByOrFail({ slug: 'a' })).draft).toBeNull();
  });

  it('is removed from the storage by delete(), and its row by nobody else', async () => {
    const a = await papers.save(paper('a'));
    const file: StorageFile = a.file;
    await file.delete();
    expect(keys()).toEqual([]);
    expect(await papers.count()).toBe(1);
  });
});
