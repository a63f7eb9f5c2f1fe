import { cleanFileName } from '../http/content-disposition.js';

const MOST_BYTES_OF_PATH = 4000;
const MOST_BYTES_OF_NAME = 255;

/**
 * The paths inside one archive. Whatever they are made from, each is safe to be unpacked on any system: it never
 * leaves the folder, and no two of them are one file there, nor a file and a directory of one name.
 *
 * @internal
 */
export class EntryPaths {
  readonly #files = new Set<string>();
  readonly #directories = new Map<string, string>();
  readonly #entries = new Set<string>();
  readonly #lastNumbers = new Map<string, number>();

  /** @param name a title, and no path: slashes in it are none */
  ofName(name: string): string {
    return this.#file('', cleanFileName(name.replace(/[/\\]/g, '_')));
  }

  /** @param path with slashes or backslashes between the segments */
  ofFile(path: string): string {
    const segments = cleanSegments(path);
    const name = segments.pop() ?? cleanFileName('');
    return this.#file(this.#directory(segments), name);
  }

  /** @returns undefined for one that is in the archive already, and for the root of it */
  ofDirectory(path: string): string | undefined {
    const directory = this.#directory(cleanSegments(path));
    if (directory === '' || this.#entries.has(directory)) return undefined;
    this.#entries.add(directory);
    return directory;
  }

  #file(directory: string, name: string): string {
    const path = directory + this.#free(directory, name);
    this.#files.add(folded(path));
    return path;
  }

  #directory(segments: readonly string[]): string {
    let path = '';
    for (const segment of segments) {
      const asked = folded(path + segment);
      const known = this.#directories.get(asked);
      if (known === undefined) {
        const made = path + this.#free(path, segment);
        this.#directories.set(asked, `${made}/`);
        this.#directories.set(folded(made), `${made}/`);
        path = `${made}/`;
      } else {
        path = known;
      }
    }
    return path;
  }

  /** The name, or the first of `name (2)`, `name (3)` ... that nothing has yet. */
  #free(directory: string, name: string): string {
    const asked = folded(directory + name);
    if (!this.#isTaken(asked)) return name;
    let number = this.#lastNumbers.get(asked) ?? 1;
    let free: string;
    do {
      number += 1;
      free = numbered(name, number);
    } while (this.#isTaken(folded(directory + free)));
    this.#lastNumbers.set(asked, number);
    return free;
  }

  #isTaken(path: string): boolean {
    return this.#files.has(path) || this.#directories.has(path);
  }
}

/** Neither `.` and `..` nor a drive is a directory of the archive. */
function cleanSegments(path: string): string[] {
  const segments = path
    .split(/[/\\]/)
    .filter((segment) => !/^\s*(?:\.{0,2}|[A-Za-z]:)\s*$/.test(segment))
    .map(cleanFileName);
  let bytes = Buffer.byteLength(segments.join('/'));
  while (bytes > MOST_BYTES_OF_PATH) {
    bytes -= Buffer.byteLength(segments.shift() ?? '') + 1;
  }
  return segments;
}

/** As file systems see it that know no case, and write an accent in one way or in two. */
function folded(path: string): string {
  return path.normalize('NFC').toUpperCase();
}

function numbered(name: string, number: number): string {
  const dot = name.lastIndexOf('.');
  const stemEnd = dot > 0 ? dot : name.length;
  const end = ` (${number})${name.slice(stemEnd)}`;
  const stem = [...name.slice(0, stemEnd)];
  while (Buffer.byteLength(stem.join('') + end) > MOST_BYTES_OF_NAME) {
    stem.pop();
  }
  return stem.join('') + end;
}
