import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { databaseFile } from '../../sample/src/database-file.js';
import { temporaryDirectory } from '../support/files/temporary-directory.js';

describe('the database file of the sample', () => {
  it('holds the last of several contents that are saved at once', async () => {
    const directory = await temporaryDirectory();
    const path = join(directory.path, 'documents.sqlite');
    const save = databaseFile(path);
    await Promise.all([
      save(Buffer.alloc(20_000_000)),
      save(Buffer.from('second')),
      save(Buffer.from('last')),
    ]);
    expect((await readFile(path)).toString()).toBe('last');
    await directory.remove();
  });
});
