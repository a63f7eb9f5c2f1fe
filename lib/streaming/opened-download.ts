import { type Readable } from 'node:stream';

import { type DownloadFile } from '../files/download-file.js';
import { joinedStream } from '../files/virtual-file-source.js';
import { type MultipartPlan, type ByteRange } from '../http/range.js';
import { andThen, type Awaitable } from '../storages/awaitable.js';
import {
  type FileStat,
  type ReadWindow,
  versionOf,
} from '../storages/file-stat.js';
import { type OpenFile } from '../storages/local-descriptor.js';
import { type BodyPlan } from './body-plan.js';
import { type BodySegment, LocalBody } from './local-body.js';

/**
 * A file whose facts are known and whose bytes can be had: what the answer is decided from.
 *
 * @internal
 */
export interface OpenedDownload {
  readonly stat: FileStat;
  /** Where a local file lay when it was opened. */
  readonly location?: string;
  /** What the disk itself says of it. */
  readonly disk?: FileStat;
  /** Whether an origin of its own answers for it, and these are only its facts. */
  readonly isRemote?: boolean;
  /** How many ranges of it are served in one answer; 0 where it has none. */
  readonly mostRanges: number;
  whole(): Awaitable<Readable | LocalBody>;
  range(range: ByteRange): Awaitable<Readable | LocalBody>;
  multipart(plan: MultipartPlan): Awaitable<Readable | LocalBody>;
  /** Whether these ranges can be had at a fair price; true where it is not said. */
  gives?(ranges: readonly ByteRange[]): boolean;
  close(): Awaitable<void>;
}

/** Its signal is made when it is first asked for. */
interface Client {
  readonly signal: AbortSignal;
}

const MOST_RANGES = 50;
// Each is a request of its own to the storage.
const MOST_REQUESTS = 8;

/**
 * Asks a file for its facts in the way that binds them to its bytes, where the wrapper knows one.
 *
 * @param client whose leaving is told to the file
 * @param wantsFacts whether nobody asks for its bytes: one that is made when it is asked for is not made then
 * @throws FileNotFoundError, StorageUnavailableError, RemoteFileError by the wrapper
 * @internal
 */
export function openDownload(
  file: DownloadFile,
  client: Client,
  wantsFacts = false,
): Awaitable<OpenedDownload> {
  if (file.hold && !(wantsFacts && file.statUnmade)) {
    return andThen(file.hold(client), (open) => new OpenedFile(open));
  }
  const stat = wantsFacts && file.statUnmade?.(client);
  return andThen(stat || file.stat(client), (known) =>
    openedByTag(file, known, client),
  );
}

/**
 * The bytes that an answer by this plan carries.
 *
 * @internal
 */
export function sourceOf(
  plan: BodyPlan,
  opened: OpenedDownload,
): Awaitable<Readable | LocalBody> {
  switch (plan.kind) {
    case 'range':
      return opened.range(plan.range);
    case 'multipart':
      return opened.multipart(plan.multipart);
    default:
      return opened.whole();
  }
}

class OpenedFile implements OpenedDownload {
  readonly stat: FileStat;
  readonly mostRanges = MOST_RANGES;

  constructor(private readonly file: OpenFile) {
    this.stat = file.stat;
  }

  get location(): string | undefined {
    return this.file.location;
  }

  get disk(): FileStat {
    return this.file.disk;
  }

  whole(): LocalBody {
    const { size = 0 } = this.stat;
    return size > 0 ? this.range({ start: 0, end: size - 1 }) : this.#body();
  }

  range(range: ByteRange): LocalBody {
    return this.#body(range);
  }

  multipart({ parts, tail }: MultipartPlan): LocalBody {
    return this.#body(
      ...parts.flatMap(({ head, range }) => [head, range]),
      tail,
    );
  }

  close(): void {
    this.file.close();
  }

  #body(...segments: BodySegment[]): LocalBody {
    return new LocalBody(this.file, segments);
  }
}

/**
 * A file of which these facts are known: what is read of it is of the version that they name.
 *
 * @internal
 */
export function openedByTag(
  file: DownloadFile,
  stat: FileStat,
  client: Client,
): OpenedDownload {
  const ifMatch = versionOf(stat);
  const { hasVersions, hasOwnBytes } = file;
  const isRemote = file.request !== undefined && !hasVersions && !hasOwnBytes;
  const hasRanges =
    file.acceptsRanges !== false && (isRemote || stat.acceptsRanges !== false);
  const open = (window: ReadWindow): Awaitable<Readable> =>
    file.open({ ...window, ifMatch, signal: client.signal });
  return {
    // What is said of other bytes is not said of these.
    stat: hasOwnBytes ? { ...stat, digest: undefined } : stat,
    isRemote,
    mostRanges: hasRanges ? MOST_REQUESTS : 0,
    gives: (ranges) =>
      file.givesRanges?.(ranges, { ifMatch, signal: client.signal }) ?? true,
    whole: () => open({}),
    range: (range) => open(range),
    multipart: async ({ parts, tail }) => {
      const [first, ...others] = parts;
      if (!first) return joinedStream([tail]);
      // Opened before the answer begins: what fails there is an error, not a cut.
      const opened = await open(first.range);
      const rest = others.flatMap(({ head, range }) => [
        head,
        () => open(range),
      ]);
      return joinedStream([first.head, opened, ...rest, tail]);
    },
    close: () => undefined,
  };
}
