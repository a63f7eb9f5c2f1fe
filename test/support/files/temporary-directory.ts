import {
  chmod,
  mkdir,
  mkdtemp,
  realpath,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface TemporaryDirectory {
  readonly path: string;
  /** Writes a file, with the directories above it. */
  write(name: string, content: string | Uint8Array): Promise<string>;
  /** Makes a file of so many zeros, none of which takes time or room on the disk. */
  zeros(name: string, size: number): Promise<string>;
  remove(): Promise<void>;
}

/** A directory of its own, which other users of the machine may enter: servers run under other names. */
export async function temporaryDirectory(): Promise<TemporaryDirectory> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'downloadview-')));
  await chmod(path, 0o755);
  const write: TemporaryDirectory['write'] = async (name, content) => {
    const target = join(path, name);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
    return target;
  };
  return {
    path,
    write,
    async zeros(name, size) {
      const target = await write(name, '');
      await truncate(target, size);
      return target;
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}
