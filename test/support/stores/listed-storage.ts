import {
  MemoryStorage,
  type SaveOptions,
  type StorageContent,
} from 'nestjs-downloadview';

/** A storage that tells which files it has. */
export class ListedStorage extends MemoryStorage {
  readonly keys = new Set<string>();

  override async save(
    key: string,
    content: StorageContent,
    options?: SaveOptions,
  ): Promise<string> {
    const saved = await super.save(key, content, options);
    this.keys.add(saved);
    return saved;
  }

  override async delete(key: string): Promise<void> {
    await super.delete(key);
    this.keys.delete(key);
  }
}
