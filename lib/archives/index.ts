// Many files as one, made while it is sent.
export { TarFile, type TarFileOptions } from './tar-file.js';
export { ZipFile, type ZipFileOptions } from './zip-file.js';
export {
  type ArchiveDirectory,
  type ArchiveEntries,
  type ArchiveEntry,
  type ArchiveFileEntry,
} from './archive-entry.js';
export { type ArchiveOptions } from './archive-file.js';
