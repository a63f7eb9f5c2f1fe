import { type Readable } from 'node:stream';

import {
  DownloadStorage,
  type FileStat,
  type ReadWindow,
  type SaveOptions,
  type StorageContent,
} from 'nestjs-downloadview';

/** The part of a storage that belongs to one tenant. */
export class TenantStorage extends DownloadStorage {
  constructor(
    private readonly storage: DownloadStorage,
    private readonly tenant: string,
  ) {
    super();
  }

  stat(key: string): Promise<FileStat> {
    return this.storage.stat(this.keyOf(key));
  }

  open(key: string, window?: ReadWindow): Promise<Readable> {
    return this.storage.open(this.keyOf(key), window);
  }

  exists(key: string): Promise<boolean> {
    return this.storage.exists(this.keyOf(key));
  }

  async save(key: string, content: StorageContent, options?: SaveOptions) {
    const saved = await this.storage.save(this.keyOf(key), content, options);
    return saved.slice(this.tenant.length + 1);
  }

  delete(key: string): Promise<void> {
    return this.storage.delete(this.keyOf(key));
  }

  /** `../other/x` is refused by the storage itself: no key has such a segment. */
  private keyOf(key: string): string {
    return `${this.tenant}/${key}`;
  }
}
