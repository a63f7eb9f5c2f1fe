import { type Readable } from 'node:stream';

import { type Awaitable } from '../storages/awaitable.js';
import { type FileStat, type ReadWindow } from '../storages/file-stat.js';
import { type OpenFile } from '../storages/open-file.js';
import {
  type DownloadFile,
  type RemoteAnswer,
  type RemoteConditions,
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
export class DescribedFile implements DownloadFile {
  readonly name: string;
  readonly untrusted = true;
  readonly acceptsRanges?: boolean;
  readonly hold?: () => Promise<OpenFile>;
  readonly request?: (conditions: RemoteConditions) => Promise<RemoteAnswer>;
  readonly wasModifiedSince?: (since: Date) => Awaitable<boolean>;
  readonly #facts: FileStat;
  #tag?: string;

  constructor(
    readonly file: DownloadFile,
    description: FileDescription,
  ) {
    this.name = description.name ?? file.name;
    this.acceptsRanges = file.acceptsRanges;
    this.#facts = withoutUndefined(description);
    const hold = file.hold?.bind(file);
    if (hold) {
      this.hold = async () => {
        const open = await hold();
        return { ...open, stat: this.#describe(open.stat) };
      };
    }
    const request = file.request?.bind(file);
    if (request) {
      this.request = async (conditions) => {
        const answer = await request(
          conditionsForOrigin(conditions, this.#facts),
        );
        const stat = this.#describe(answer.stat);
        // Of a part, only its server knows what it is a part of.
        const size = answer.status === 200 ? stat.size : answer.stat.size;
        return { ...answer, stat: { ...stat, size } };
      };
    }
    this.wasModifiedSince = file.wasModifiedSince?.bind(file);
  }

  get path(): string | undefined {
    return this.file.path;
  }

  get url(): string | undefined {
    return this.file.url;
  }

  get sourceUrl(): string | undefined {
    return this.file.sourceUrl;
  }

  get temporaryUrl(): DownloadFile['temporaryUrl'] {
    return this.file.temporaryUrl?.bind(this.file);
  }

  async stat(): Promise<FileStat> {
    const stat = await this.file.stat();
    // A weak tag does not promise the same bytes.
    this.#tag = stat.etag?.startsWith('"') ? stat.etag : undefined;
    return this.#describe(stat);
  }

  /** The file itself knows only its own tag. */
  open(window: ReadWindow = {}): Awaitable<Readable> {
    const isForeignTag = this.#facts.etag !== undefined;
    return this.file.open(
      isForeignTag ? { ...window, ifMatch: this.#tag } : window,
    );
  }

  discard(): void {
    this.file.discard?.();
  }

  toJSON(): unknown {
    return this.file;
  }

  #describe(stat: FileStat): FileStat {
    return { ...stat, ...this.#facts, size: stat.size ?? this.#facts.size };
  }
}

function withoutUndefined(facts: FileStat): FileStat {
  return Object.fromEntries(
    Object.entries(facts).filter(([, value]) => value !== undefined),
  );
}
