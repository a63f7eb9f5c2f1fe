import {
  InvalidOptionsError,
  SerializedFileError,
  shapeOf,
} from '../errors/download-errors.js';
import { ContentFile } from '../files/content-file.js';
import { type DownloadFile, isDownloadFile } from '../files/download-file.js';
import { VirtualFile } from '../files/virtual-file.js';
import { type VirtualContent } from '../files/virtual-file-source.js';
import {
  DownloadResponse,
  type DownloadResponseOptions,
} from './download-response.js';

const UNNAMED = 'download';

/**
 * The download that a handler meant by what it returned: its own DownloadResponse where the options add
 * nothing to it. Nest lets go of a file that something else takes the place of, which costs as much as a
 * small download.
 *
 * @throws InvalidOptionsError for what is no file: arrays, plain objects, undefined
 * @internal
 */
export function toDownloadResponse(
  value: unknown,
  options: DownloadResponseOptions,
): DownloadResponse {
  if (value instanceof DownloadResponse) {
    return addsTo(value.presentation, options)
      ? new DownloadResponse(
          value.file,
          firstDefined(value.presentation, options),
        )
      : value;
  }
  return new DownloadResponse(toFile(value, options), options);
}

function toFile(
  value: unknown,
  { basename: name = UNNAMED }: DownloadResponseOptions,
): DownloadFile {
  if (isDownloadFile(value)) return value;
  if (typeof value === 'string' || value instanceof Uint8Array) {
    return new ContentFile(value, { name });
  }
  if (isIterable(value)) return new VirtualFile(value, { name });
  if (isEnvelope(value)) throw new SerializedFileError('A download');
  throw new InvalidOptionsError(
    '@Download() handler',
    shapeOf(value),
    Array.isArray(value)
      ? 'Return no array: wrap it in a VirtualFile (its pieces are text or bytes) or a CsvFile (they are rows).'
      : 'Return a file wrapper, a DownloadResponse, a string, a Uint8Array, a stream, an iterable or an async iterable.',
  );
}

/** An interceptor between the handler and ours has wrapped the file. */
function isEnvelope(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).some(
      (inner) => inner instanceof DownloadResponse || isDownloadFile(inner),
    )
  );
}

function isIterable(value: unknown): value is VirtualContent {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    (Symbol.asyncIterator in value || Symbol.iterator in value)
  );
}

function addsTo(
  first: DownloadResponseOptions,
  second: DownloadResponseOptions,
): boolean {
  for (const name in second) {
    const option = name as keyof DownloadResponseOptions;
    if (first[option] === undefined && second[option] !== undefined) {
      return true;
    }
  }
  return false;
}

function firstDefined(
  first: DownloadResponseOptions,
  second: DownloadResponseOptions,
): DownloadResponseOptions {
  const given = Object.entries(first).filter(
    ([, value]) => value !== undefined,
  );
  return { ...second, ...Object.fromEntries(given) };
}
