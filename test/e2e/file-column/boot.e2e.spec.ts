import { describe, expect, it } from '@jest/globals';
import { type DynamicModule, Module } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import {
  DownloadModule,
  DownloadStorages,
  type DownloadStorage,
  InvalidOptionsError,
  MemoryStorage,
  type StorageFile,
} from 'nestjs-downloadview';
import {
  bindFileColumns,
  FileColumn,
  FileColumnsModule,
  NewFile,
} from 'nestjs-downloadview/typeorm';
import {
  DataSource,
  type DataSourceOptions,
  Entity,
  PrimaryColumn,
} from 'typeorm';

import {
  ADAPTERS,
  type ApplicationParts,
  type RunningApplication,
  startApplication,
} from '../../support/application.js';
import { bootError } from '../../support/boot-error.js';
import { textOf } from '../../support/clients/bytes-of.js';

@Entity()
class Page {
  @PrimaryColumn({ type: 'integer' })
  id!: number;

  @FileColumn({ nullable: true })
  file!: StorageFile | null;
}

const own = new MemoryStorage();

@Entity()
class OwnPage {
  @PrimaryColumn({ type: 'integer' })
  id!: number;

  @FileColumn({ storage: own })
  file!: StorageFile;
}

@Entity()
class LostPage {
  @PrimaryColumn({ type: 'integer' })
  id!: number;

  @FileColumn({ storage: 'lost' })
  file!: StorageFile;
}

const options: DataSourceOptions = {
  type: 'sqljs',
  synchronize: true,
  entities: [Page],
};

const database = (more: object = {}): DynamicModule =>
  TypeOrmModule.forRoot({ ...options, retryAttempts: 0, ...more });

const store = (
  running: RunningApplication,
  id: number,
  content: string,
): Promise<Page> =>
  running.app
    .get(DataSource)
    .manager.save(
      Object.assign(new Page(), { id, file: new NewFile('a.txt', content) }),
    );

const read = async (running: RunningApplication, id = 1): Promise<string> => {
  const { manager } = running.app.get(DataSource);
  const { file } = await manager.findOneByOrFail(Page, { id });
  return textOf(await file!.open());
};

describe.each(ADAPTERS)('FileColumnsModule on %s', (adapter) => {
  const start = (
    storage: DownloadStorage,
    imports: ApplicationParts['imports'],
  ): Promise<RunningApplication> =>
    startApplication(adapter, {
      options: { storages: { default: storage } },
      imports,
    });

  it('keeps the files of two applications apart that have the same entities', async () => {
    const storages = [new MemoryStorage(), new MemoryStorage()];
    const both = await Promise.all(
      storages.map((storage) =>
        start(storage, [database(), FileColumnsModule.forRoot()]),
      ),
    );
    const [first] = await Promise.all([
      store(both[0], 1, 'Of the first'),
      store(both[1], 1, 'Of the second'),
    ]);
    expect(await read(both[0])).toBe('Of the first');
    expect(await read(both[1])).toBe('Of the second');
    const { manager } = both[1].app.get(DataSource);
    await expect(manager.save(first)).rejects.toThrow('in another storage');
    await Promise.all(both.map((running) => running.close()));
  });

  it('binds each DataSource, by its token', async () => {
    const storage = new MemoryStorage();
    const running = await start(storage, [
      database(),
      database({ name: 'archive', entities: [OwnPage] }),
      FileColumnsModule.forRoot(),
      FileColumnsModule.forRoot({ dataSource: getDataSourceToken('archive') }),
    ]);
    const archive = running.app.get<DataSource>(getDataSourceToken('archive'));
    const page = Object.assign(new OwnPage(), {
      id: 1,
      file: new NewFile('a.txt', 'a'),
    });
    expect((await archive.manager.save(page)).file.storage).toBe(own);
    expect((await store(running, 1, 'a')).file!.storage).toBe(storage);
    await running.close();
  });

  it('may be imported twice', async () => {
    const running = await start(new MemoryStorage(), [
      database(),
      FileColumnsModule.forRoot(),
      FileColumnsModule.forRoot({ dataSource: DataSource, imports: [] }),
    ]);
    await store(running, 1, 'Once');
    expect(await read(running)).toBe('Once');
    await running.close();
  });

  it('takes the modules of what is not global', async () => {
    @Module({
      providers: [
        {
          provide: 'DATA_SOURCE',
          useFactory: () => new DataSource(options).initialize(),
        },
      ],
      exports: ['DATA_SOURCE'],
    })
    class DatabaseModule {}

    const storage = new MemoryStorage();
    const downloads = DownloadModule.forRoot({
      isGlobal: false,
      storages: { default: storage },
    });
    const running = await startApplication(adapter, {
      downloadModule: downloads,
      imports: [
        FileColumnsModule.forRoot({
          dataSource: 'DATA_SOURCE',
          imports: [DatabaseModule, downloads],
        }),
      ],
    });
    const { manager } = running.app.get<DataSource>('DATA_SOURCE', {
      strict: false,
    });
    const page = await manager.save(Page, {
      id: 1,
      file: new NewFile('a.txt', 'a'),
    });
    expect(page.file.storage).toBe(storage);
    await running.close();
  });

  it('is asked for by the first file where it is missing', async () => {
    const running = await start(new MemoryStorage(), [database()]);
    await expect(store(running, 1, 'a')).rejects.toThrow(
      'FileColumnsModule.forRoot()',
    );
    const dataSource = running.app.get(DataSource);
    await dataSource.query(`INSERT INTO page VALUES (1, 'a.txt'), (2, NULL)`);
    await expect(
      dataSource.manager.findOneBy(Page, { id: 1 }),
    ).rejects.toMatchObject({ option: 'FileColumn(Page.file).storage' });
    const empty = await dataSource.manager.findOneByOrFail(Page, { id: 2 });
    expect(empty.file).toBeNull();
    await running.close();
  });

  async function expectStop(
    imports: DynamicModule[],
    option: string,
    hint: string,
  ): Promise<void> {
    const error = await bootError(adapter, {
      options: { storages: { default: own } },
      imports: [...imports, FileColumnsModule.forRoot()],
    });
    expect(error).toBeInstanceOf(InvalidOptionsError);
    expect(error).toMatchObject({
      option,
      message: expect.stringContaining(hint),
    });
  }

  it('stops the boot where a column names a storage that there is not', () =>
    expectStop(
      [database({ entities: [LostPage] })],
      'FileColumn(LostPage.file).storage',
      'default',
    ));

  it('stops the boot where the DataSource is not initialised', () =>
    expectStop(
      [database({ manualInitialization: true })],
      'bindFileColumns().dataSource',
      'manualInitialization',
    ));
});

describe('bindFileColumns()', () => {
  it('gives a DataSource its storages without Nest, after each initialize()', async () => {
    const storages = new DownloadStorages({ default: new MemoryStorage() });
    const dataSource = new DataSource(options);
    for (const content of ['First', 'Second']) {
      await dataSource.initialize();
      bindFileColumns(dataSource, storages);
      bindFileColumns(dataSource, storages);
      const file = new NewFile('a.txt', content);
      const page = await dataSource.manager.save(Page, { id: 1, file });
      expect(await textOf(await page.file.open())).toBe(content);
      await dataSource.destroy();
    }
  });

  it('refuses storages of another application', async () => {
    const dataSource = await new DataSource(options).initialize();
    const storages = { default: new MemoryStorage() };
    bindFileColumns(dataSource, new DownloadStorages(storages));
    expect(() =>
      bindFileColumns(dataSource, new DownloadStorages(storages)),
    ).toThrow('Give each application a DataSource of its own');
    await dataSource.destroy();
  });
});
