import { describe, expect, it } from '@jest/globals';
import { InvalidOptionsError, MemoryStorage } from 'nestjs-downloadview';
import { FileColumn, FileColumnsModule } from 'nestjs-downloadview/typeorm';
import { getMetadataArgsStorage } from 'typeorm';

/** The column of a class that has nothing else. */
function columnOf(options?: object): object | undefined {
  class Row {
    file = null;
  }
  FileColumn(options)(Row.prototype, 'file');
  return getMetadataArgsStorage().columns.find(
    ({ target, propertyName }) => target === Row && propertyName === 'file',
  )?.options;
}

describe('FileColumn()', () => {
  it('is a varchar, and passes on what @Column() knows', () => {
    expect(columnOf()).toMatchObject({ type: 'varchar' });
    const options = { name: 'key', nullable: true, unique: true, length: 40 };
    expect(columnOf({ ...options, storage: 'a', directory: 'b' })).toEqual({
      type: 'varchar',
      ...options,
      transformer: expect.anything(),
    });
    expect(columnOf({ type: 'text' })).toMatchObject({ type: 'text' });
  });

  it.each([
    { storage: new MemoryStorage() },
    { storage: 'archive' },
    { directory: 'a/b' },
    { directory: 'a/' },
    { directory: '' },
    { directory: () => '../a' },
    { onReplace: 'delete', onDelete: 'keep' },
  ])('takes %j', (options) => {
    expect(columnOf(options)).toBeDefined();
  });

  it.each([
    ['storage', { storage: '' }],
    ['storage', { storage: null }],
    ['storage', { storage: { root: '/srv/secret' } }],
    ['directory', { directory: '/srv' }],
    ['directory', { directory: 'a/../b' }],
    ['directory', { directory: '/' }],
    ['directory', { directory: 1 }],
    ['onReplace', { onReplace: 'remove' }],
    ['onDelete', { onDelete: true }],
    ['transformer', { transformer: [] }],
  ])('refuses a wrong %s: %j', (option, options) => {
    const refused = (): unknown => columnOf(options);
    expect(refused).toThrow(InvalidOptionsError);
    expect(refused).toThrow(`Invalid option "FileColumn(Row.file).${option}"`);
    expect(refused).not.toThrow('/srv/secret');
  });
});

describe('FileColumnsModule.forRoot()', () => {
  it.each([
    ['datasource', { datasource: 'archive' }],
    ['imports', { imports: FileColumnsModule }],
  ])('refuses a wrong %s', (option, options) => {
    expect(() => FileColumnsModule.forRoot(options as object)).toThrow(
      `Invalid option "FileColumnsModule.${option}"`,
    );
  });
});
