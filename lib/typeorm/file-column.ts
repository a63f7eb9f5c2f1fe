import { Column } from 'typeorm';

import { type StorageFile } from '../files/storage-file.js';
import {
  checkFileColumn,
  type FileColumnOptions,
} from './file-column-options.js';
import { UnboundFileColumn } from './file-column-transformers.js';

/**
 * A column that holds the key of a file, on a property that is the file itself: a StorageFile, or null where
 * the column is empty. Needs `FileColumnsModule.forRoot()`.
 *
 * ```ts
 * @Entity()
 * class Document {
 *   @FileColumn({ directory: 'documents', nullable: true })
 *   file!: StorageFile | null;
 * }
 *
 * document.file = new NewFile('report.pdf', bytes);
 * await documents.save(document); // stores the file, then writes the row
 * await document.file.stat();
 * ```
 *
 * In the database it is a `varchar`; `type`, `length`, `nullable` and the other options of `@Column()` are
 * passed on. As with Django's FileField, a file whose row is removed, or gets another one, stays in its
 * storage, unless `onDelete` and `onReplace` say otherwise.
 *
 * A text in place of a file is taken for its key: never let it come from a client.
 *
 * @throws InvalidOptionsError for options that are wrong
 * @publicApi
 */
export function FileColumn<Entity extends object = object>(
  options: FileColumnOptions<Entity> = {},
): <Property extends string>(
  target: Entity & { [P in Property]?: StorageFile | null },
  property: Property,
) => void {
  return (target, property) => {
    const column = `${target.constructor.name}.${property}`;
    const { storage, directory, onReplace, onDelete, ...passedOn } = options;
    const own = { storage, directory, onReplace, onDelete };
    Column({
      type: 'varchar',
      ...passedOn,
      transformer: new UnboundFileColumn(
        checkFileColumn(column, own, passedOn),
      ),
    })(target, property);
  };
}
