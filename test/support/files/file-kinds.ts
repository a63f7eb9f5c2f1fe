import { utimes } from 'node:fs/promises';

import { type Type } from '@nestjs/common';
import {
  ContentFile,
  type DownloadFile,
  type DownloadModuleOptions,
  type FileStat,
  FileSystemStorage,
  HttpDownloadController,
  MemoryStorage,
  ObjectDownloadController,
  PathDownloadController,
  StorageDownloadController,
  VirtualDownloadController,
} from 'nestjs-downloadview';

import { startFileServer } from '../servers/file-server.js';
import { temporaryDirectory } from './temporary-directory.js';

/** Every kind of file that has ranges: its route, and how many of them one answer has at most. */
export const FILE_KINDS = [
  ['a local file', { path: '/local/file.txt', most: 50 }],
  ['a FileSystemStorage', { path: '/disk/file.txt', most: 50 }],
  ['a MemoryStorage', { path: '/memory/file.txt', most: 8 }],
  ['a ContentFile', { path: '/content', most: 8 }],
  ['an HttpFile', { path: '/remote', most: 1 }],
  ['an entity in memory', { path: '/objects/1', most: 8 }],
  ['an entity on a disk', { path: '/disk-objects/1', most: 50 }],
] as const;

/** When each of them was modified. */
export const MODIFIED = new Date('2025-03-01T10:00:00.500Z');
export const LAST_MODIFIED = 'Sat, 01 Mar 2025 10:00:00 GMT';

export interface FileKinds {
  readonly controllers: Type[];
  readonly options: DownloadModuleOptions;
  close(): Promise<void>;
}

/** The same text as a file of every kind; an empty one beside it, where the kind has names. */
export async function fileKinds(content: Buffer): Promise<FileKinds> {
  const directory = await temporaryDirectory();
  const root = directory.path;
  const path = await directory.write('file.txt', content);
  await utimes(path, MODIFIED, MODIFIED);
  await directory.write('empty.txt', '');
  const memory = new DatedStorage();
  await memory.save('file.txt', content);
  await memory.save('empty.txt', '');
  const remote = await startFileServer(() => ({
    bytes: content,
    etag: '"remote-1"',
    lastModified: MODIFIED,
  }));

  class ContentController extends VirtualDownloadController {
    getFile(): DownloadFile {
      return new ContentFile(content, {
        name: 'file.txt',
        etag: 'content-1',
        lastModified: MODIFIED,
      });
    }
  }

  const objects = {
    repository: {
      findOne: () =>
        Promise.resolve({
          id: 1,
          file: 'file.txt',
          tag: 'row-1',
          date: MODIFIED,
        }),
    },
    etagField: 'tag',
    lastModifiedField: 'date',
  };
  return {
    options: {
      storages: { default: memory, disk: new FileSystemStorage({ root }) },
    },
    controllers: [
      PathDownloadController.asController('local/*path', { root }),
      StorageDownloadController.asController('disk/*path', { storage: 'disk' }),
      StorageDownloadController.asController('memory/*path'),
      ContentController.asController('content'),
      HttpDownloadController.asController('remote', {
        url: `http://${remote.host}/file.txt`,
        allowedHosts: [remote.host],
      }),
      ObjectDownloadController.asController('objects/:id', objects),
      ObjectDownloadController.asController('disk-objects/:id', {
        ...objects,
        storage: 'disk',
      }),
    ],
    async close() {
      remote.close();
      await directory.remove();
    },
  };
}

/** Its files are older than a second: until then their date is a weak validator. */
class DatedStorage extends MemoryStorage {
  override async stat(key: string): Promise<FileStat> {
    return { ...(await super.stat(key)), lastModified: MODIFIED };
  }
}
