// Compiled by `npm run typecheck`, and never run: what applications write must compile under `strict`.

import { type DynamicModule } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import {
  ContentFile,
  DownloadStorages,
  LocalFile,
  MemoryStorage,
  ObjectDownloadController,
  StorageFile,
} from 'nestjs-downloadview';
import {
  bindFileColumns,
  FileColumn,
  FileColumnsModule,
  NewFile,
} from 'nestjs-downloadview/typeorm';
import {
  type DataSource,
  In,
  IsNull,
  Like,
  Not,
  type Repository,
} from 'typeorm';

// ---- Columns

class Scan {
  pages!: number;

  @FileColumn({ directory: ({ pages }: Scan) => `scans/${pages}` })
  file!: StorageFile;
}

class Document {
  id!: number;

  @FileColumn()
  file!: StorageFile;

  @FileColumn({ nullable: true, unique: true, length: 100, name: 'draft_key' })
  draft!: StorageFile | null;

  @FileColumn({ nullable: true, type: 'text' })
  optional?: StorageFile | null;

  @FileColumn({
    storage: 'archive',
    directory: ({ id }: Document) => `documents/${id}`,
    onReplace: 'delete',
    onDelete: 'keep',
  })
  archived!: StorageFile;

  @FileColumn({ storage: new MemoryStorage(), directory: 'documents' })
  inMemory!: StorageFile;

  scan!: Scan;
}

export class WrongColumns {
  id!: number;

  // @ts-expect-error: a file, not its key
  @FileColumn()
  key!: string;

  // @ts-expect-error: of another entity
  @FileColumn({ directory: ({ pages }: Scan) => `${pages}` })
  elsewhere!: StorageFile;

  // @ts-expect-error: 'keep' or 'delete'
  @FileColumn({ onDelete: 'remove' })
  removed!: StorageFile;

  // @ts-expect-error: it has its own
  @FileColumn({ transformer: { to: String, from: String } })
  transformed!: StorageFile;
}

// ---- Rows

export async function rows(
  documents: Repository<Document>,
  upload: { originalname: string; buffer: Buffer; path: string },
  bytes: AsyncIterable<Uint8Array>,
): Promise<string | undefined> {
  const document = documents.create({
    file: new NewFile(upload.originalname, upload.buffer),
    draft: null,
  });
  document.draft = new NewFile(upload.originalname, new LocalFile(upload.path));
  document.archived = new NewFile('a.txt', new ContentFile('a', { name: 'a' }));
  document.optional = new NewFile('a.txt', bytes);
  document.draft = new NewFile('a.txt', document.file);
  await documents.save(document);
  await document.file.save('text', 'a.txt');
  await document.file.delete();
  await documents.save({ id: 1, file: document.file });
  await documents.insert({ file: new NewFile('a.txt', 'a') });
  await documents.update(1, { file: new NewFile('a.txt', 'a'), draft: null });
  await documents.findOneBy({ file: document.file });
  await documents.findBy({ file: In([document.file, 'a.txt']) });
  await documents.findBy({ file: Not(Like('a%')), draft: IsNull() });
  await documents.find({ select: { file: true }, where: { id: 1 } });
  // @ts-expect-error: numbers are no bytes
  document.file = new NewFile('a.txt', [1, 2]);
  // @ts-expect-error: a key
  document.file = 'a.txt';
  const { size } = await document.file.stat();
  return size === undefined ? document.file.url : document.file.key;
}

export function nullable({ draft }: Document): string {
  // @ts-expect-error: it may be null
  return draft.name;
}

export class Downloads extends ObjectDownloadController<Document> {
  override repository!: Repository<Document>;
  override fileField = 'draft';

  override getFileOf({ draft, file }: Document): StorageFile {
    return draft ?? file;
  }
}

// ---- Storages

export const modules: DynamicModule[] = [
  FileColumnsModule.forRoot(),
  FileColumnsModule.forRoot({ dataSource: getDataSourceToken('archive') }),
  FileColumnsModule.forRoot({ dataSource: 'DATA_SOURCE', imports: [] }),
  // @ts-expect-error: no such option
  FileColumnsModule.forRoot({ name: 'archive' }),
];

export function bind(dataSource: DataSource): void {
  bindFileColumns(dataSource, new DownloadStorages({}));
  // @ts-expect-error: storages by their names are DownloadStorages
  bindFileColumns(dataSource, {});
}
