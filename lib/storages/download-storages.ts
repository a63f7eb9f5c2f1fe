import { Injectable } from '@nestjs/common';

import { InvalidOptionsError } from '../errors/download-errors.js';
import { type DownloadStorage } from './download-storage.js';

/**
 * The storages that `DownloadModule.forRoot({ storages })` was given, by name.
 *
 * ```ts
 * constructor(private readonly storages: DownloadStorages) {}
 * // ...
 * await this.storages.get().save('reports/q3.pdf', bytes);
 * ```
 *
 * @publicApi
 */
@Injectable()
export class DownloadStorages {
  readonly #storages: ReadonlyMap<string, DownloadStorage>;

  constructor(storages: Readonly<Record<string, DownloadStorage>>) {
    this.#storages = new Map(Object.entries(storages));
  }

  /**
   * @param name `default` where none is given
   * @throws InvalidOptionsError where there is no storage of that name
   */
  get(name = 'default'): DownloadStorage {
    const storage = this.#storages.get(name);
    if (!storage) {
      const known = [...this.#storages.keys()].join(', ') || 'none';
      throw new InvalidOptionsError(
        'storage',
        name,
        `Name one of the storages of DownloadModule.forRoot({ storages }): ${known}.`,
      );
    }
    return storage;
  }
}
