import { setImmediate as nextTurn } from 'node:timers/promises';
import { Readable } from 'node:stream';

import {
  type FileStat,
  MemoryStorage,
  type ReadWindow,
  type RemoteAnswer,
  type RemoteConditions,
  type SaveOptions,
  type StorageContent,
} from 'nestjs-downloadview';

import { rangesOf } from '../../../lib/http/range.js';
import { keySegments } from '../../../lib/storages/storage-key.js';
import { bytesOf } from '../../support/clients/bytes-of.js';

class Trimming extends MemoryStorage {
  override async open(key: string, window?: ReadWindow): Promise<Readable> {
    const text = (await bytesOf(await super.open(key, window))).toString();
    return Readable.from([Buffer.from(text.trim())]);
  }
}

class InLatin1 extends MemoryStorage {
  override save(key: string, content: StorageContent): Promise<string> {
    return super.save(
      key,
      typeof content === 'string' ? Buffer.from(content, 'latin1') : content,
    );
  }
}

class WithoutStreams extends MemoryStorage {
  override save(key: string, content: StorageContent): Promise<string> {
    const isStream =
      typeof content === 'object' && Symbol.asyncIterator in content;
    return super.save(key, isStream ? '' : content);
  }
}

class Sharing extends MemoryStorage {
  readonly #shared = new Map<string, Uint8Array>();

  override async save(key: string, content: StorageContent): Promise<string> {
    const saved = await super.save(key, content);
    if (content instanceof Uint8Array) this.#shared.set(saved, content);
    return saved;
  }

  override async open(key: string, window?: ReadWindow): Promise<Readable> {
    const shared = this.#shared.get(key);
    return shared ? Readable.from([shared]) : super.open(key, window);
  }
}

class Blamed extends MemoryStorage {
  override async save(key: string, content: StorageContent): Promise<string> {
    try {
      return await super.save(key, content);
    } catch (cause) {
      throw new Error('The storage is down', { cause });
    }
  }
}

class WithoutEmptyFiles extends MemoryStorage {
  override async stat(key: string): Promise<FileStat> {
    const stat = await super.stat(key);
    return { ...stat, size: stat.size || undefined };
  }
}

class Overwriting extends MemoryStorage {
  override async save(key: string, content: StorageContent): Promise<string> {
    await this.delete(key);
    return super.save(key, content);
  }
}

class WithoutExtensions extends MemoryStorage {
  override async save(key: string, content: StorageContent): Promise<string> {
    const isTaken = await this.exists(key);
    return super.save(isTaken ? `${key}.${Math.random()}` : key, content);
  }
}

class Racing extends MemoryStorage {
  override async save(key: string, content: StorageContent): Promise<string> {
    const isTaken = await this.exists(key);
    await nextTurn();
    if (!isTaken) await this.delete(key);
    return super.save(key, content);
  }
}

class SuffixingAlways extends MemoryStorage {
  override save(key: string, content: StorageContent): Promise<string> {
    return super.save(key, content);
  }
}

class ReplacingKept extends MemoryStorage {
  override async save(
    key: string,
    content: StorageContent,
    options?: SaveOptions,
  ): Promise<string> {
    if (options?.ifTaken === 'keep') await this.delete(key);
    return super.save(key, content, options);
  }
}

class KeepingNothing extends MemoryStorage {
  #saving = 0;

  override async save(
    key: string,
    content: StorageContent,
    options?: SaveOptions,
  ): Promise<string> {
    this.#saving += 1;
    await nextTurn();
    const saved = await super.save(key, content, options);
    // Whoever has company takes its file away again.
    if (this.#saving > 1 && options) await this.delete(saved);
    return saved;
  }
}

class ShowingHalves extends MemoryStorage {
  override async save(key: string, content: StorageContent): Promise<string> {
    if (typeof content === 'string' || content instanceof Uint8Array) {
      return super.save(key, content);
    }
    const saved = await super.save(key, '');
    const pieces: Uint8Array[] = [];
    for await (const piece of content) pieces.push(piece);
    await super.delete(saved);
    return super.save(saved, pieces);
  }
}

class DeletingOnce extends MemoryStorage {
  override async delete(key: string): Promise<void> {
    await this.stat(key);
    await super.delete(key);
  }
}

class DeletingNothing extends MemoryStorage {
  override async delete(key: string): Promise<void> {
    await this.exists(key);
  }
}

class DeletingMore extends MemoryStorage {
  override async delete(key: string): Promise<void> {
    await super.delete(key);
    await super.delete(`${key}.txt`);
  }
}

/** A store that cannot tell whether a key is free. */
export class SuffixingFreeKeys extends MemoryStorage {
  override save(
    key: string,
    content: StorageContent,
    options?: SaveOptions,
  ): Promise<string> {
    keySegments(key);
    const free = key.replace(/(\.[^./]*)?$/, `_${Math.random()}$1`);
    return super.save(options ? key : free, content, options);
  }
}

/** A store that answers requests, as it should. */
export class AnsweringStorage extends MemoryStorage {
  override async stat(key: string): Promise<FileStat> {
    const stat = await super.stat(key);
    return { ...stat, version: stat.etag };
  }

  async request(
    key: string,
    { range, ifRange, ifNoneMatch }: RemoteConditions,
  ): Promise<RemoteAnswer> {
    const stat = await this.stat(key);
    const { size = 0, etag } = stat;
    const nothing = Readable.from([]);
    if (ifNoneMatch !== undefined && ifNoneMatch === etag) {
      return { status: 304, stat, stream: nothing };
    }
    const isSame = ifRange === undefined || ifRange === etag;
    const asked = rangesOf(isSame ? range : undefined, size);
    if (asked === 'unsatisfiable') {
      return { status: 416, stat, stream: nothing };
    }
    const [part] = asked === 'ignore' ? [] : asked;
    const stream = await this.open(key, part);
    return { status: part ? 206 : 200, stat, range: part, stream };
  }
}

class WithoutVersions extends AnsweringStorage {
  override stat(key: string): Promise<FileStat> {
    return super.stat(key).then((stat) => ({ ...stat, version: undefined }));
  }
}

class IgnoringRanges extends AnsweringStorage {
  override request(
    key: string,
    { range: _, ...others }: RemoteConditions,
  ): Promise<RemoteAnswer> {
    return super.request(key, others);
  }
}

class RefusingRangesOfNothing extends AnsweringStorage {
  override async request(
    key: string,
    conditions: RemoteConditions,
  ): Promise<RemoteAnswer> {
    const answer = await super.request(key, conditions);
    return answer.stat.size === 0 ? { ...answer, status: 416 } : answer;
  }
}

class IgnoringIfRange extends AnsweringStorage {
  override request(
    key: string,
    { ifRange: _, ...others }: RemoteConditions,
  ): Promise<RemoteAnswer> {
    return super.request(key, others);
  }
}

class KnowingAllTags extends AnsweringStorage {
  override async request(
    key: string,
    conditions: RemoteConditions,
  ): Promise<RemoteAnswer> {
    const answer = await super.request(key, conditions);
    return conditions.ifNoneMatch ? { ...answer, status: 304 } : answer;
  }
}

class WithoutWindow extends MemoryStorage {
  override open(key: string): Promise<Readable> {
    return super.open(key);
  }
}

class WithExclusiveEnd extends MemoryStorage {
  override open(key: string, window: ReadWindow = {}): Promise<Readable> {
    const { start, end } = window;
    return super.open(key, { start, end: end && end - 1 });
  }
}

class WithTruthyEnd extends MemoryStorage {
  override open(key: string, window: ReadWindow = {}): Promise<Readable> {
    return super.open(key, { ...window, end: window.end || undefined });
  }
}

class CountingCharacters extends MemoryStorage {
  override async stat(key: string): Promise<FileStat> {
    const size = (await super.stat(key)).size && 16;
    return { ...(await super.stat(key)), size };
  }
}

class InSeconds extends MemoryStorage {
  override async stat(key: string): Promise<FileStat> {
    const seconds = new Date(Math.floor(Date.now() / 1000));
    return { ...(await super.stat(key)), lastModified: seconds };
  }
}

class WithOneTag extends MemoryStorage {
  override async stat(key: string): Promise<FileStat> {
    return { ...(await super.stat(key)), etag: '"1"' };
  }
}

class WithBareTags extends MemoryStorage {
  override async stat(key: string): Promise<FileStat> {
    const { etag, ...stat } = await super.stat(key);
    return { ...stat, etag: etag?.slice(1, -1) };
  }
}

class WithNewTags extends MemoryStorage {
  override async stat(key: string): Promise<FileStat> {
    return { ...(await super.stat(key)), etag: `"${Math.random()}"` };
  }
}

class IgnoringTags extends MemoryStorage {
  override open(key: string, window?: ReadWindow): Promise<Readable> {
    return super.open(key, { ...window, ifMatch: undefined });
  }
}

class Forgiving extends MemoryStorage {
  override open(key: string, window?: ReadWindow): Promise<Readable> {
    return super.open(key, window).catch(() => Readable.from([]));
  }
}

class WithFolders extends MemoryStorage {
  override async exists(key: string): Promise<boolean> {
    return key === 'folder' || super.exists(key);
  }
}

class Decoding extends MemoryStorage {
  override open(key: string, window?: ReadWindow): Promise<Readable> {
    return super.open(decodeURIComponent(key), window);
  }
}

class Normalising extends MemoryStorage {
  override exists(key: string): Promise<boolean> {
    return super.exists(key.replace(/^.*\/(?=.)|^\.*$|\0/g, '') || 'a');
  }
}

class WithAnyUrl extends MemoryStorage {
  url(key: string): string {
    return `/media/${key.split('/').map(encodeURIComponent).join('/')}`;
  }
}

class WithAnyPath extends MemoryStorage {
  path(key: string): string {
    return `/srv/media/${key}`;
  }
}

class WithAnyAddress extends MemoryStorage {
  temporaryUrl(key: string): Promise<string> {
    return Promise.resolve(`https://store.example/${encodeURIComponent(key)}`);
  }
}

class WithBareUrls extends MemoryStorage {
  url(key: string): string {
    return `/media/${keySegments(key).join('/')}`;
  }
}

class WithRelativePaths extends MemoryStorage {
  path(key: string): string {
    return keySegments(key).join('/');
  }
}

class WithRelativeAddresses extends MemoryStorage {
  async temporaryUrl(key: string): Promise<string> {
    return keySegments(key).map(encodeURIComponent).join('/');
  }
}

class WithOneAddress extends MemoryStorage {
  async temporaryUrl(key: string): Promise<string> {
    keySegments(key);
    return 'https://store.example/';
  }
}

class WithOddAddresses extends MemoryStorage {
  async temporaryUrl(key: string): Promise<string> {
    const path = keySegments(key).map(encodeURIComponent).join('/');
    return `HTTPS://store.example/${path}`.toLowerCase().replace('s:', 'S:');
  }
}

const ofTags = 'has another tag for another content';
const ofRefusal = 'refuses keys that leave it';
const ofWindows = 'reads a window';
const ofDeleting = 'deletes, and does not mind';
const ofAddresses = 'has a temporary address';

/** What is wrong with a storage, the storage, and the rule that it breaks. */
export const BROKEN_STORAGES: readonly [
  string,
  new () => MemoryStorage,
  string,
][] = [
  ['trims', Trimming, 'gives back the bytes'],
  ['does not write UTF-8', InLatin1, 'takes text as UTF-8'],
  ['takes no streams', WithoutStreams, 'takes text as UTF-8'],
  ['keeps no copy', Sharing, 'keeps what was saved'],
  ['knows no empty files', WithoutEmptyFiles, 'keeps empty files'],
  ['overwrites', Overwriting, 'never overwrites'],
  ['spoils extensions', WithoutExtensions, 'never overwrites'],
  ['looks before it writes', Racing, 'loses none'],
  ['knows nothing of keeping', SuffixingAlways, 'leaves what is there'],
  ['replaces what is to be kept', ReplacingKept, 'leaves what is there'],
  ['keeps none of several', KeepingNothing, 'keeps one of those'],
  [
    'takes the blame for its sources',
    Blamed,
    'fails with what the content fails with',
  ],
  ['shows half a file', ShowingHalves, 'shows nothing of a file'],
  ['minds what is missing', DeletingOnce, ofDeleting],
  ['deletes nothing', DeletingNothing, ofDeleting],
  ['deletes more', DeletingMore, ofDeleting],
  ['gives every key a suffix', SuffixingFreeKeys, 'keeps a free key'],
  ['tells no versions', WithoutVersions, 'answers a request with'],
  ['ignores ranges', IgnoringRanges, 'answers a request for a range'],
  ['has no range of nothing', RefusingRangesOfNothing, 'says the size where'],
  ['ignores If-Range', IgnoringIfRange, 'gives the whole of another file'],
  ['knows all tags', KnowingAllTags, 'sends nothing that the client has'],
  ['knows no window', WithoutWindow, ofWindows],
  ['leaves the end of a window out', WithExclusiveEnd, ofWindows],
  ['takes 0 for no end', WithTruthyEnd, ofWindows],
  ['counts characters', CountingCharacters, 'knows the size in bytes'],
  ['takes seconds for milliseconds', InSeconds, 'says when a file was saved'],
  ['has one tag for all', WithOneTag, ofTags],
  ['quotes no tags', WithBareTags, ofTags],
  ['has a new tag each time', WithNewTags, ofTags],
  ['ignores tags', IgnoringTags, 'reads only what still has the tag'],
  ['gives nothing for what is missing', Forgiving, 'says FileNotFoundError'],
  ['takes folders for files', WithFolders, 'says FileNotFoundError'],
  ['decodes keys', Decoding, 'keeps names that are difficult'],
  ['normalises keys', Normalising, ofRefusal],
  ['has a URL for any key', WithAnyUrl, ofRefusal],
  ['has a path for any key', WithAnyPath, ofRefusal],
  ['has an address for any key', WithAnyAddress, ofRefusal],
  ['encodes no URLs', WithBareUrls, 'has a URL of its own'],
  ['has relative paths', WithRelativePaths, 'says on which path'],
  ['has relative addresses', WithRelativeAddresses, ofAddresses],
  ['has one address for all', WithOneAddress, ofAddresses],
  ['has addresses in another form', WithOddAddresses, ofAddresses],
];
