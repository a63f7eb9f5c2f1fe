import { type Readable } from 'node:stream';

import { titleWithExtension } from '../http/content-disposition.js';
import { type Awaitable } from '../storages/awaitable.js';
import {
  type FileStat,
  type ReadWindow,
  taggedAs,
} from '../storages/file-stat.js';
import {
  type RemoteAnswer,
  type RemoteConditions,
} from '../storages/remote-answer.js';
import { type DownloadFile, WrappedFile } from './download-file.js';
import { type HoldOptions } from '../storages/local-descriptor.js';
import { conditionsForOrigin } from './remote-conditions.js';

/**
 * What an entity says of its file; the name is a title.
 *
 * @internal
 */
export type FileDescription = Omit<
  FileStat,
  'acceptsRanges' | 'crc32' | 'version' | 'isBoundByAddress'
>;

/**
 * A file whose facts come partly from somewhere else, such as the columns of an entity. They come
 * before the file's own, except for the size: what the storage knows, it knows better.
 *
 * @internal
 */
export class DescribedFile extends WrappedFile {
  readonly request?: (conditions: RemoteConditions) => Promise<RemoteAnswer>;
  readonly #facts: FileStat;
  readonly #title?: string;

  /** @param untrusted whether users decide about the file, as they do about those of entities */
  constructor(
    file: DownloadFile,
    description: FileDescription,
    readonly untrusted = true,
  ) {
    const { name: title, ...facts } = description;
    super(file, title && titleWithExtension(title, file.name));
    this.#title = title;
    this.#facts = withoutUndefined(facts);
    const { etag, lastModified } = this.#facts;
    const isJudgedHere = etag !== undefined || lastModified !== undefined;
    const request = file.request?.bind(file);
    if (request && !(file.hasVersions && isJudgedHere)) {
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

  open(window?: ReadWindow): Awaitable<Readable> {
    return this.file.open(window);
  }

  protected override needsTag(options?: HoldOptions): boolean {
    return this.#facts.etag === undefined && super.needsTag(options);
  }

  protected override restated(stat: FileStat): FileStat {
    const { name = this.file.name } = stat;
    const { etag } = this.#facts;
    return {
      ...(etag === undefined ? stat : taggedAs(stat, etag)),
      ...this.#facts,
      size: stat.size ?? this.#facts.size,
      ...(this.#title !== undefined && {
        name: titleWithExtension(this.#title, name),
      }),
    };
  }
}

function withoutUndefined(facts: FileStat): FileStat {
  return Object.fromEntries(
    Object.entries(facts).filter(([, value]) => value !== undefined),
  );
}
