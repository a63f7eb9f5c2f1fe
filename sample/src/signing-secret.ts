import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { dataDirectory } from './directories.js';

/**
 * What links are signed with: SIGNING_SECRET, or a secret that is made at the first start and kept, so that
 * links outlive a restart. Whoever has it can make links to everything.
 */
export async function signingSecret(): Promise<string> {
  if (process.env.SIGNING_SECRET) return process.env.SIGNING_SECRET;
  const path = join(dataDirectory, 'signing-secret');
  try {
    const secret = randomBytes(32).toString('base64url');
    await writeFile(path, secret, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFile(path, 'utf8');
}
