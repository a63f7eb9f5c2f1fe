import { DerivedFile } from '../files/derived-file.js';
import { LocalFile } from '../files/local-file.js';
import { StorageFile } from '../files/storage-file.js';
import { type KnownEntry } from './known-entry.js';

// Some 15 MB.
const MOST = 100_000;

const known = new Map<string, number>();
const storages = new WeakMap<object, number>();
let storageCount = 0;

/**
 * The CRC-32 of a file that was read before, of whichever archive: for as long as its strong tag is the same.
 *
 * @internal
 */
export function rememberedCrc32(entry: KnownEntry): number | undefined {
  if (known.size === 0) return undefined;
  const key = keyOf(entry);
  return key === undefined ? undefined : known.get(key);
}

/** @internal */
export function rememberCrc32(entry: KnownEntry): void {
  const key = keyOf(entry);
  if (key === undefined || entry.crc32 === undefined) return;
  if (known.size >= MOST) forgetOldest();
  known.set(key, entry.crc32);
}

function forgetOldest(): void {
  for (const key of known.keys()) {
    known.delete(key);
    return;
  }
}

function keyOf({ file, etag }: KnownEntry): string | undefined {
  if (etag === undefined) return undefined;
  const place = destinationOf(file);
  return place === undefined ? undefined : `${place}\0${etag}`;
}

function destinationOf(file: KnownEntry['file']): string | undefined {
  if (file instanceof LocalFile) return `\0${file.path}`;
  if (!(file instanceof StorageFile || file instanceof DerivedFile)) {
    return undefined;
  }
  let number = storages.get(file.storage);
  if (number === undefined) {
    number = storageCount++;
    storages.set(file.storage, number);
  }
  return `${number}\0${file.key}`;
}
