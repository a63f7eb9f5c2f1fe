import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DownloadModule, MemoryStorage } from 'nestjs-downloadview';
import { FileColumnsModule } from 'nestjs-downloadview/typeorm';
import { AbstractLogger } from 'typeorm';

import { Document } from '../../sample/src/documents/document.entity.js';
import {
  type ListQuery,
  listQuery,
} from '../../sample/src/documents/document-list.js';
import { DocumentsModule } from '../../sample/src/documents/documents.module.js';
import { DocumentsService } from '../../sample/src/documents/documents.service.js';
import { SharingService } from '../../sample/src/sharing/sharing.service.js';

class QueryCounter extends AbstractLogger {
  readonly queries: string[] = [];

  override logQuery(query: string): void {
    this.queries.push(query);
  }

  protected override writeLog(): void {
    // Nothing else is of interest.
  }
}

describe('the documents of the sample', () => {
  const counter = new QueryCounter();
  const storage = new MemoryStorage();
  let documents: DocumentsService;
  let close: () => Promise<void>;

  beforeAll(async () => {
    const module = await Test.createTestingModule({
      imports: [
        DownloadModule.forRoot({ storages: { default: storage } }),
        TypeOrmModule.forRoot({
          ...{ type: 'sqljs', entities: [Document], synchronize: true },
          logger: counter,
        }),
        FileColumnsModule.forRoot(),
        DocumentsModule,
      ],
    }).compile();
    await module.init();
    documents = module.get(DocumentsService);
    close = () => module.close();
  });
  afterAll(() => close?.());

  const add = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      const content = Buffer.from(String(index));
      await documents.add({
        ...{ name: `n${index}.png`, contentType: 'image/png' },
        ...{ size: content.length, content },
      });
    }
  };
  /** What is asked of the database for a page. */
  const queriesOf = async (query: ListQuery): Promise<string[]> => {
    counter.queries.length = 0;
    await documents.page(query);
    return [...counter.queries];
  };

  it('are listed with as many queries, however many there are', async () => {
    await add(51);
    const query = listQuery({ search: 'n', sort: 'largest' });
    const few = await queriesOf(query);
    await add(60);
    expect(await queriesOf(query)).toEqual(few);
    expect(few).not.toEqual([]);
    const { documents: shown, total } = await documents.page(query);
    expect([shown.length, total]).toEqual([50, 111]);
  });

  it('are deleted by one statement, with their files', async () => {
    const { documents: chosen, total } = await documents.page(listQuery({}));
    const keys = chosen.map(({ file }) => file.key);
    counter.queries.length = 0;
    await documents.remove(chosen);
    const deletes = counter.queries.filter((sql) => sql.startsWith('DELETE'));
    expect(deletes).toHaveLength(1);
    const left = await Promise.all(keys.map((key) => storage.exists(key)));
    expect(left).toEqual(keys.map(() => false));
    const { total: rest } = await documents.page(listQuery({}));
    expect(rest).toBe(total - keys.length);
  });

  it('are shared by one link only as far as it can hold their ids', async () => {
    const sharing = Reflect.construct(SharingService, []) as SharingService;
    const many = Array.from({ length: 100 }, (_, index) =>
      Object.assign(new Document(), { id: 1000 + index }),
    );
    const sharedAtOnce = sharing.share(many, { uses: '1', term: 'day' });
    await expect(sharedAtOnce).rejects.toThrow('Share fewer documents at once');
  });
});
