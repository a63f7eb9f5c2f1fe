import { type DataSource } from 'typeorm';

import { checkOptions, type OptionChecks } from '../errors/check-options.js';
import { InvalidOptionsError, kindOf } from '../errors/download-errors.js';
import { DownloadStorage } from '../storages/download-storage.js';
import { keySegments } from '../storages/storage-key.js';

/** Where a file column keeps new files: its storage, and its directory where that is the same for all entities. */
interface Place {
  readonly storage: DownloadStorage;
  readonly directory?: string;
}

type Source = Pick<DataSource, 'isInitialized'>;

/** Of this process, as long as their DataSources are open: a new file knows no DataSource. */
const known = new Map<Source, readonly Place[]>();

/**
 * Makes the file columns of a DataSource known to NewFile.store().
 *
 * @internal
 */
export function knowPlaces(source: Source, places: readonly Place[]): void {
  for (const other of known.keys()) {
    if (!other.isInitialized) known.delete(other);
  }
  known.set(source, places);
}

type Given = Partial<Record<'storage' | 'directory', unknown>>;

const CHECKS: OptionChecks<Given> = {
  storage: [
    (value) => value instanceof DownloadStorage,
    'Give the storage of the column: storages.get().',
  ],
  directory: [
    isDirectory,
    "Give the directory of the file in its storage: 'documents'.",
  ],
};

/**
 * Where a new file goes before it is known which row gets it.
 *
 * @throws InvalidOptionsError where it is not clear which storage is meant
 * @internal
 */
export function placeForNewFiles(given: {
  readonly storage?: DownloadStorage;
  readonly directory?: string;
}): Required<Place> {
  checkOptions('NewFile.store()', given, CHECKS, {
    example: '{ storage: storages.get() }',
    shown: (value) => (typeof value === 'object' ? kindOf(value) : value),
  });
  const places = [...known].flatMap(([source, itsPlaces]) =>
    source.isInitialized ? itsPlaces : [],
  );
  const storage = given.storage ?? storageOf(places);
  const directories = new Set(
    places.flatMap((place) =>
      place.storage === storage ? [place.directory] : [],
    ),
  );
  const [directory = ''] = directories.size === 1 ? directories : [];
  return { storage, directory: withoutSlash(given.directory ?? directory) };
}

function storageOf(places: readonly Place[]): DownloadStorage {
  const storages = new Set(places.map(({ storage }) => storage));
  const [storage] = storages;
  if (storage !== undefined && storages.size === 1) return storage;
  throw new InvalidOptionsError(
    'NewFile.store().storage',
    undefined,
    storage === undefined
      ? 'No DataSource with file columns is open. Import FileColumnsModule.forRoot(), or give the storage: store({ storage: storages.get() }).'
      : 'File columns keep their files in several storages. Say which one is meant: store({ storage: storages.get() }).',
  );
}

/**
 * A directory without the slash that it may end with.
 *
 * @internal
 */
export function withoutSlash(directory: string): string {
  return directory.endsWith('/') ? directory.slice(0, -1) : directory;
}

/**
 * Whether new files can have it before their names.
 *
 * @internal
 */
export function isDirectory(directory: unknown): boolean {
  if (directory === '') return true;
  if (typeof directory !== 'string') return false;
  try {
    return keySegments(withoutSlash(directory)).length > 0;
  } catch {
    return false;
  }
}
