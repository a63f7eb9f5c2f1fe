import { rename, writeFile } from 'node:fs/promises';

/**
 * Saves a database after each change. TypeORM does not wait for one save before it begins the next, and of
 * two at once the older can come last; and a process that ends in the middle must not leave half a file.
 */
export function databaseFile(
  path: string,
): (content: Uint8Array) => Promise<void> {
  let last = Promise.resolve();
  return (content) => {
    const saved = last.then(async () => {
      await writeFile(`${path}.new`, content);
      await rename(`${path}.new`, path);
    });
    last = saved.catch(() => undefined);
    return saved;
  };
}
