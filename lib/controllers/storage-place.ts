import { dirname } from 'node:path';

import { type DownloadPlace } from '../responses/download-backend.js';
import { type DownloadStorage } from '../storages/download-storage.js';

const ANY_KEY = 'a';

/**
 * Where the files of a storage lie, by what it says of one of them.
 *
 * @internal
 */
export function storagePlace(storage: DownloadStorage): DownloadPlace {
  const path = saidBy(() => storage.path?.(ANY_KEY));
  const url = saidBy(() => storage.url?.(ANY_KEY));
  const hasTemporaryUrl = storage.temporaryUrl !== undefined;
  return {
    directory: path === undefined ? undefined : dirname(path),
    url: url?.slice(0, url.lastIndexOf('/') + 1),
    isRemote: hasTemporaryUrl,
    hasTemporaryUrl,
  };
}

/** A storage may take other keys only. */
function saidBy(said: () => string | undefined): string | undefined {
  try {
    return said();
  } catch {
    return undefined;
  }
}
