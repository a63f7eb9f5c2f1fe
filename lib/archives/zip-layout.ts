import { type KnownEntry } from './known-entry.js';
import { type ArchiveLayout, type ArchiveTrailer } from './archive-plan.js';
import {
  centralHeader,
  centralHeaderLength,
  descriptor,
  descriptorLength,
  endOfArchive,
  localHeader,
  localHeaderLength,
  MAX_32,
  type ZipMeasures,
  type ZipMember,
} from './zip-format.js';

/**
 * A ZIP file whose members are stored as they are.
 *
 * The CRC-32 of a member comes after its data unless the application gives it: whether it happens to be known
 * already must not change a byte.
 *
 * @internal
 */
export class ZipLayout implements ArchiveLayout {
  readonly hasChecksums = true;
  readonly #comment: Buffer;

  constructor(comment: Buffer) {
    this.#comment = comment;
  }

  get kind(): string {
    return `zip 1 ${this.#comment.toString('base64')}`;
  }

  headLength(entry: KnownEntry): number {
    return localHeaderLength(storedMember(entry));
  }

  head(entry: KnownEntry): Buffer {
    return localHeader(storedMember(entry), measuresOf(entry));
  }

  tailLength(entry: KnownEntry): number {
    return descriptorLength(storedMember(entry));
  }

  tail(entry: KnownEntry): Buffer {
    return descriptor(storedMember(entry), measuresOf(entry));
  }

  trailer(
    entries: readonly KnownEntry[],
    starts: Float64Array,
  ): ArchiveTrailer {
    const count = entries.length;
    const offset = starts[count];
    const pieces = new Float64Array(count + 2);
    pieces[0] = offset;
    entries.forEach((entry, index) => {
      const member = storedMember(entry);
      const length = centralHeaderLength(
        member,
        measuresOf(entry),
        starts[index],
      );
      pieces[index + 1] = pieces[index] + length;
    });
    const end = endOfArchive({
      count,
      offset,
      length: pieces[count] - offset,
      comment: this.#comment,
    });
    pieces[count + 1] = pieces[count] + end.length;
    return {
      starts: pieces,
      entry: (index) => entries[index],
      piece(index) {
        if (index === count) return end;
        const entry = entries[index];
        const measures = measuresOf(entry);
        return centralHeader(storedMember(entry), measures, starts[index]);
      },
    };
  }
}

function storedMember(entry: KnownEntry): ZipMember {
  const { path, modified, mode, size = 0, givenCrc32 } = entry;
  return {
    path,
    modified,
    mode,
    isDeflated: false,
    hasDescriptor: size > 0 && givenCrc32 === undefined,
    isLarge: size >= MAX_32,
  };
}

function measuresOf({ size = 0, crc32 = 0 }: KnownEntry): ZipMeasures {
  return { size, compressed: size, crc32 };
}
