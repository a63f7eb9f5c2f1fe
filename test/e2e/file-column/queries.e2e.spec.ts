import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import {
  DownloadStorages,
  MemoryStorage,
  StorageFile,
} from 'nestjs-downloadview';
import { FileColumnsModule, NewFile } from 'nestjs-downloadview/typeorm';
import { DataSource, In, IsNull, Like, Not, type Repository } from 'typeorm';

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

describeOnDatabases('A file column', ({ adapter, imports }) => {
  let running: RunningApplication;
  let dataSource: DataSource;
  let papers: Repository<Paper>;
  let storage: MemoryStorage;
  let portraits: MemoryStorage;

  beforeAll(async () => {
    storage = new MemoryStorage();
    portraits = new MemoryStorage();
    running = await startApplication(adapter, {
      options: { storages: { default: storage, portraits } },
      imports: [...imports(FILE_ENTITIES), FileColumnsModule.forRoot()],
    });
    dataSource = running.app.get(DataSource);
    papers = dataSource.getRepository(Paper);
  });

  afterAll(() => running.close());

  beforeEach(() => dataSource.synchronize(true));

  const contentOf = async (file: StorageFile | null): Promise<string> =>
    textOf(await file!.open());

  /** As it stands in the database. */
  const keyOf = async (slug: string): Promise<string> => {
    const [row] = await dataSource.query<{ file: string }[]>(
      `SELECT file FROM paper WHERE slug = '${slug}'`,
    );
    return row.file;
  };

  const save = (slug: string, name = 'a.txt'): Promise<Paper> =>
    papers.save(
      papers.create({ slug, file: new NewFile(name, `Content of ${slug}`) }),
    );

  it('stores a new file with its entity, and is that file from then on', async () => {
    const paper = await save('new', 'report.txt');
    expect(paper.file).toBeInstanceOf(StorageFile);
    expect(paper.file).not.toBeInstanceOf(NewFile);
    expect(paper.file.storage).toBe(storage);
    expect(await keyOf('new')).toBe(paper.file.key);
    expect(paper.file.key).toMatch(/^papers\/report/);
    expect(await contentOf(paper.file)).toBe('Content of new');
  });

  it('is the file where a row is found, and null where it is empty', async () => {
    await save('found');
    const paper = await papers.findOneByOrFail({ slug: 'found' });
    expect(paper.file).toBeInstanceOf(StorageFile);
    expect(await contentOf(paper.file)).toBe('Content of found');
    expect(paper.draft).toBeNull();
  });

  it('finds rows by a file, by a key and by operators of both', async () => {
    const { file } = await save('one', 'one.txt');
    const two = await save('two', 'two.txt');
    const slugs = async (where: object): Promise<string[]> =>
      (await papers.find({ where, order: { slug: 'ASC' } })).map(
        ({ slug }) => slug,
      );
    expect(await slugs({ file })).toEqual(['one']);
    expect(await slugs({ file: two.file.key })).toEqual(['two']);
    expect(await slugs({ file: In([file, two.file.key]) })).toEqual([
      'one',
      'two',
    ]);
    expect(await slugs({ file: Not(file) })).toEqual(['two']);
    expect(await slugs({ file: Like('papers/two%') })).toEqual(['two']);
    expect(await slugs({ draft: IsNull() })).toEqual(['one', 'two']);
  });

  it('cannot be looked for by a file that is not stored', async () => {
    await expect(
      papers.findOne({ where: { file: new NewFile('a.txt', 'a') } }),
    ).rejects.toThrow('Function parameter');
  });

  it('comes with a selection, in a query builder, and as a key in raw rows', async () => {
    const { file } = await save('built');
    const [selected] = await papers.find({ select: { id: true, file: true } });
    expect(selected.file.key).toBe(file.key);
    expect(selected.slug).toBeUndefined();
    const without = await papers.find({ select: { id: true } });
    expect(without[0].file).toBeUndefined();
    const query = papers.createQueryBuilder('paper');
    const built = await query.where({ file }).getOneOrFail();
    expect(built.file.key).toBe(file.key);
    const byKey = query.where('paper.file = :key', { key: file.key });
    expect(await byKey.getCount()).toBe(1);
    expect(await byKey.select('paper.file', 'key').getRawMany()).toEqual([
      { key: file.key },
    ]);
  });

  it('comes with relations, eager and joined ones', async () => {
    const author = dataSource.manager.create(Author, {
      portrait: new NewFile('face.png', 'Face'),
      papers: [{ slug: 'joined', file: new NewFile('b.txt', 'By cascade') }],
    });
    await dataSource.manager.save(author);
    const paper = await papers.findOneByOrFail({ slug: 'joined' });
    expect(await contentOf(paper.author!.portrait)).toBe('Face');
    expect(paper.author!.portrait!.storage).toBe(portraits);
    const joined = await dataSource
      .createQueryBuilder(Author, 'author')
      .leftJoinAndSelect('author.papers', 'paper')
      .getOneOrFail();
    expect(await contentOf(joined.papers[0].file)).toBe('By cascade');
  });

  it('may stand in an embedded object, with a directory that it tells', async () => {
    const paper = await save('embedded');
    paper.scan.pages = 3;
    paper.scan.file = new NewFile('scan.txt', 'Scanned');
    await papers.save(paper);
    const { scan } = await papers.findOneByOrFail({ slug: 'embedded' });
    expect(scan.file!.key).toMatch(/^scans\/3-pages\/scan/);
    expect(await contentOf(scan.file)).toBe('Scanned');
    const { file } = scan;
    expect(await papers.countBy({ scan: { file: file! } })).toBe(1);
  });

  it('may stand in a class that shares its table', async () => {
    await dataSource.manager.save(
      Object.assign(new RecordedNote(), {
        title: 'A',
        sound: new NewFile('a.ogg', 'Sound'),
      }),
    );
    const [note] = await dataSource.manager.find(Note);
    expect(note).toBeInstanceOf(RecordedNote);
    expect(await contentOf((note as RecordedNote).sound)).toBe('Sound');
  });

  it('is written only where the key has changed', async () => {
    const authors = dataSource.getRepository(Author);
    await authors.save({ portrait: new NewFile('face.png', 'Face') });
    const [found] = await authors.find();
    const writes = await writesDuring(dataSource, () => authors.save(found));
    expect(writes).toEqual([]);
    await found.portrait!.save('Older face', 'older.png');
    const changes = await writesDuring(dataSource, () => authors.save(found));
    expect(changes).toEqual([expect.stringMatching(/^UPDATE .*"portrait" = /)]);
    const [again] = await authors.find();
    expect(again.portrait!.name).toMatch(/^older.*\.png$/);
    expect(await contentOf(again.portrait)).toBe('Older face');
  });

  it('takes files in insert(), update() and upsert(), too', async () => {
    await papers.insert({ slug: 'q', file: new NewFile('i.txt', 'Inserted') });
    const read = async (): Promise<string> =>
      contentOf((await papers.findOneByOrFail({ slug: 'q' })).file);
    expect(await read()).toBe('Inserted');
    await papers.update({ slug: 'q' }, { file: new NewFile('u.txt', 'Up') });
    expect(await read()).toBe('Up');
    await papers.upsert({ slug: 'q', file: new NewFile('o.txt', 'Over') }, [
      'slug',
    ]);
    expect(await read()).toBe('Over');
    const { file } = await save('other');
    await papers.update({ slug: 'q' }, { file });
    expect(await keyOf('q')).toBe(file.key);
    await papers
      .createQueryBuilder()
      .update()
      .set({ file: () => `'papers/by-sql.txt'` })
      .where({ slug: 'q' })
      .execute();
    expect(await keyOf('q')).toBe('papers/by-sql.txt');
  });

  it('takes a file that is in the storage already', async () => {
    const key = await storage.save('before.txt', 'Before');
    await papers.save({ slug: 'kept', file: new StorageFile(storage, key) });
    const { file } = await papers.findOneByOrFail({ slug: 'kept' });
    expect(file.key).toBe('before.txt');
    expect(await contentOf(file)).toBe('Before');
  });

  it('takes a key in place of a file, and null for none', async () => {
    const paper = await save('keyed');
    await papers.save({ id: paper.id, draft: 'kept.txt' as never });
    const found = await papers.findOneByOrFail({ slug: 'keyed' });
    expect(found.draft!.key).toBe('kept.txt');
    found.draft = null;
    await papers.save(found);
    expect((await papers.findOneByOrFail({ slug: 'keyed' })).draft).toBeNull();
  });

  it('is a stored file after preload(), merge() and reload()', async () => {
    const { id } = await save('loaded');
    const paper = await papers.preload({ id, slug: 'preloaded' });
    expect(await contentOf(paper!.file)).toBe('Content of loaded');
    papers.merge(paper!, { file: new NewFile('merged.txt', 'Merged') });
    await papers.save(paper!);
    expect(await contentOf(paper!.file)).toBe('Merged');
    const again = await papers.findOneByOrFail({ id });
    expect(await contentOf(again.file)).toBe('Merged');
  });

  it('refuses what is no file, and a file of another storage', async () => {
    const paper = await save('refused');
    const json = { name: 'a.txt' } as StorageFile;
    await expect(papers.save({ id: paper.id, file: json })).rejects.toThrow(
      `Invalid option "Paper.file": 'an object' was given. Give a NewFile`,
    );
    paper.file = new StorageFile(portraits, 'face.png');
    await expect(papers.save(paper)).rejects.toThrow('in another storage');
    expect(await keyOf('refused')).toMatch(/^papers\/a/);
  });

  it('copies a file of another storage', async () => {
    const key = await portraits.save('face.png', 'Face');
    const portrait = new StorageFile(portraits, key);
    const { file } = await papers.save(
      papers.create({
        slug: 'copy',
        file: new NewFile(portrait.name, portrait),
      }),
    );
    expect(file.storage).toBe(running.app.get(DownloadStorages).get());
    expect(await contentOf(file)).toBe('Face');
  });
});

/** The statements that change rows. */
async function writesDuring(
  dataSource: DataSource,
  run: () => Promise<unknown>,
): Promise<string[]> {
  const written: string[] = [];
  const subscriber = {
    beforeQuery: ({ query }: { query: string }) => {
      if (/^(?:INSERT|UPDATE|DELETE)/.test(query)) written.push(query);
    },
  };
  dataSource.subscribers.push(subscriber);
  await run();
  dataSource.subscribers.splice(dataSource.subscribers.indexOf(subscriber), 1);
  return written;
}
