import { type DownloadFile } from '../files/download-file.js';
import { type OpenFile } from '../storages/open-file.js';

import { type Readable } from 'node:stream';

import { type Awaitable } from '../storages/awaitable.js';
import { type FileStat, type ReadWindow } from '../storages/file-stat.js';

/**
 * A file whose facts are known and whose bytes can be had: what the answer is decided from.
 *
 * @internal
 */
export interface HeldDownload {
  readonly stat: FileStat;
  read(window: ReadWindow): Awaitable<Readable>;
  close(): Awaitable<void>;
}

/**
 * Asks a file for its facts in the way that binds them to its bytes, where the wrapper knows one.
 *
 * @throws FileNotFoundError, StorageUnavailableError, RemoteFileError by the wrapper
 * @internal
 */
export async function holdDownload(
  file: DownloadFile,
  forBody: boolean,
  signal: AbortSignal,
): Promise<HeldDownload> {
  if (forBody && file.hold) return heldOpen(await file.hold());
  if (forBody && file.request) {
    const { stat, stream } = await file.request({ signal });
    return { stat, read: () => stream, close: () => void stream.destroy() };
  }
  return {
    stat: await file.stat(),
    read: (window) => file.open({ ...window, signal }),
    close: () => undefined,
  };
}

function heldOpen(open: OpenFile): HeldDownload {
  return {
    stat: open.stat,
    read: (window) => open.read(window),
    close: () => open.close(),
  };
}
