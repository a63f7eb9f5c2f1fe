import { chmod, symlink, writeFile } from 'node:fs/promises';

import { makeFifo } from './special-files.js';
import { type TemporaryDirectory } from './temporary-directory.js';

/** What nobody may ever be sent. */
export const SECRET = 'nobody may have this';

/** A directory full of temptations, and a secret beside it. */
export async function plant(
  directory: TemporaryDirectory,
  name: string,
): Promise<void> {
  const root = `${directory.path}/${name}`;
  await directory.write('secret.txt', SECRET);
  await directory.write(`${name}-private/secret.txt`, SECRET);
  await directory.write(`${name}/folder/a.txt`, 'Hello\n');
  await directory.write(`${name}/.hidden`, SECRET);
  await directory.write(`${name}/..hidden`, SECRET);
  await directory.write(`${name}/.git/config`, SECRET);
  await chmod(await directory.write(`${name}/closed`, SECRET), 0);
  await symlink(`${directory.path}/secret.txt`, `${root}/out`);
  await symlink('../secret.txt', `${root}/out-relative`);
  await symlink('..', `${root}/up`);
  await symlink('folder/a.txt', `${root}/link`);
  await symlink('folder', `${root}/linked-folder`);
  await symlink('folder/a.txt', `${root}/a.txt`);
  await symlink('nowhere', `${root}/broken`);
  await symlink('loop', `${root}/loop`);
  makeFifo(`${root}/fifo`);
  const latin1 = Buffer.from(`${root}/caf\u00E9.txt`, 'latin1');
  await writeFile(latin1, 'Hello\n');
  await symlink(latin1, `${root}/link-to-latin1`);
}

/** Ways to what is not there, or not to be handed out, below a planted directory. */
export const NOT_FOUND: readonly string[] = [
  'missing',
  'folder',
  'folder/',
  'folder/a.txt/',
  'folder/a.txt/b',
  'fifo',
  'out',
  'out-relative',
  'up/secret.txt',
  'up/media-private/secret.txt',
  'broken',
  'loop',
  '.hidden',
  '..hidden',
  '.git/config',
  '',
  '../secret.txt',
  '%2e%2e/secret.txt',
  '%2E%2E/secret.txt',
  '.%2e/secret.txt',
  '%2e%2e%2fsecret.txt',
  '..%2fsecret.txt',
  '..%5csecret.txt',
  '%252e%252e%252fsecret.txt',
  '....//secret.txt',
  '..;/secret.txt',
  'folder/../../secret.txt',
  'folder/%2e%2e/%2e%2e/secret.txt',
  'folder//a.txt',
  'folder/./a.txt',
  'folder%2fa.txt',
  '../media-private/secret.txt',
  '%2e%2e/media-private/secret.txt',
];
/** What servers and applications read in different ways. */
export const NO_PATHS: readonly string[] = [
  'a%00.txt',
  '%c0%ae%c0%ae/secret.txt',
  '%ff',
  '%zz',
  '%',
];
/** Ways to the one file that says hello. */
export const FOUND: readonly string[] = [
  'folder/a.txt',
  'link',
  'linked-folder/a.txt',
  'a.txt',
  'link-to-latin1',
];
