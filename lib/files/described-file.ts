import { type Readable } from 'node:stream';

import { type Awaitable } from '../storages/awaitable.js';
import { type FileStat, type ReadWindow } from '../storages/file-stat.js';
import {
  type DownloadFile,
  type RemoteAnswer,
  type RemoteConditions,
  WrappedFile,
} from './download-file.js';
import { conditionsForOrigin } from './remote-conditions.js';

/**
 * What an entity says of its file.
 *
 * @internal
 */
export type FileDescription = Omit<FileStat, 'acceptsRanges'>;

/**
 * A file whose facts come partly from somewhere else, such as the columns of an entity. They come
 * before the file's own, except for the size: what the storage knows, it knows better.
 *
 * @internal
 */
export class DescribedFile extends WrappedFile {
  readonly untrusted = true;
  readonly request?: (conditions: RemoteConditions) => Promise<RemoteAnswer>;
  readonly #facts: FileStat;
  #tag?: string;

  constructor(file: DownloadFile, description: FileDescription) {
    super(file, description.name);
    this.#facts = withoutUndefined(description);
    const request = file.request?.bind(file);
    if (request) {
      this.request = async (conditions) => {
        const answer = await request(
          conditionsForOrigin(conditions, this.#facts),
        );
        const stat = this.restated(answer.stat);
        // Of a part, only its server knows what it is a part of.
        const size = answer.status === 200 ? stat.size : answer.stat.size;
        return { ...answer, stat: { ...stat, size } };
      };
    }
  }

  /** The file itself knows only its own tag. */
  open(window: ReadWindow = {}): Awaitable<Readable> {
    const isForeignTag = this.#facts.etag !== undefined;
    return this.file.open(
      isForeignTag ? { ...window, ifMatch: this.#tag } : window,
    );
  }

  protected override restated(stat: FileStat): FileStat {
    // A weak tag does not promise the same bytes.
    this.#tag = stat.etag?.startsWith('"') ? stat.etag : undefined;
    return { ...stat, ...this.#facts, size: stat.size ?? this.#facts.size };
  }
}

function withoutUndefined(facts: FileStat): FileStat {
  return Object.fromEntries(
    Object.entries(facts).filter(([, value]) => value !== undefined),
  );
}
