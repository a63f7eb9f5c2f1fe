import { pipeline } from 'node:stream';
import { pipeline as sent } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

import { Controller, Get } from '@nestjs/common';
import {
  Download,
  type DownloadStorage,
  DownloadStorages,
  VirtualFile,
} from 'nestjs-downloadview';
import { pack } from 'tar-stream';

@Controller('archives')
export class ArchiveController {
  constructor(private readonly storages: DownloadStorages) {}

  @Get('photos')
  @Download()
  photos() {
    const keys = ['2026/Zürich.jpg', '2026/日本.jpg']; // those that this user may have
    const storage = this.storages.get();
    return new VirtualFile(() => tarGz(storage, keys), {
      name: 'photos.tar.gz',
    });
  }
}

export function tarGz(storage: DownloadStorage, keys: string[]) {
  const tar = pack();
  const addFiles = async () => {
    for (const key of keys) {
      const { size, lastModified } = await storage.stat(key);
      // Opened when its turn comes, and closed in any case: the pipeline begins before the file does.
      const bytes = async function* (): AsyncGenerator<Uint8Array> {
        yield* await storage.open(key);
      };
      await sent(bytes, tar.entry({ name: key, size, mtime: lastModified }));
    }
    tar.finalize();
  };
  addFiles().catch((error: Error) => tar.destroy(error));
  return pipeline(tar, createGzip(), () => undefined); // one that fails ends the others
}
