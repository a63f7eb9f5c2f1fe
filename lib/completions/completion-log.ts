import { createSocket, type Socket } from 'node:dgram';
import { type FSWatcher, watch } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { isIP } from 'node:net';
import { basename, dirname } from 'node:path';

import { errorCode } from '../storages/local-disk.js';

/** A loop that is blocked for a second lost a quarter of the datagrams without it. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;
/** Milliseconds between looks at the file: not every file system tells of changes. */
const LOOK_EVERY = 500;
/** A server goes on writing to a file that was renamed until it is told to open the new one. */
const LOOKS_AFTER_ROTATION = 20;
const PIECE = 64 * 1024;
/** A line that is longer is none of ours. */
const LONGEST_LINE = 64 * 1024;

/**
 * Where a server in front logs what became of downloads.
 *
 * @internal
 */
export interface CompletionLog {
  /** Settles when every later line will be seen. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

/**
 * Takes lines from datagrams: nginx's syslog, Caddy's `net udp/`.
 *
 * @param host an address of this machine alone
 * @param onFailure for a socket that cannot be opened
 * @internal
 */
export function listenForLines(
  host: string,
  port: number,
  onLine: (line: string) => void,
): CompletionLog & { readonly address: Promise<{ port: number }> } {
  const socket: Socket = createSocket({
    type: isIP(host) === 6 ? 'udp6' : 'udp4',
    recvBufferSize: RECEIVE_BUFFER,
  });
  socket.on('message', (message) => {
    for (const line of message.toString('utf8').split('\n')) {
      if (line !== '') onLine(line);
    }
  });
  const ready = new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.off('error', reject);
      // One that comes later is about a single datagram.
      socket.on('error', () => undefined);
      resolve();
    });
  });
  socket.unref();
  return {
    ready,
    address: ready.then(() => socket.address()),
    close: () =>
      new Promise((resolve) => {
        try {
          socket.close(() => resolve());
        } catch {
          resolve();
        }
      }),
  };
}

/**
 * Follows a file that a server writes to, from its present end on, through rotation: what is left of the old file
 * is read before the new one is begun.
 *
 * @internal
 */
export function followLines(
  path: string,
  onLine: (line: string) => void,
  onError: (error: Error) => void,
): CompletionLog {
  const follower = new FileFollower(path, onLine, onError);
  return { ready: follower.start(), close: () => follower.close() };
}

class FileFollower {
  #current?: FollowedFile;
  #previous?: FollowedFile;
  #looksAtPrevious = 0;
  #watcher?: FSWatcher;
  #timer?: NodeJS.Timeout;
  #looking: Promise<void> = Promise.resolve();
  #isAsked = false;
  #isClosed = false;

  constructor(
    private readonly path: string,
    private readonly onLine: (line: string) => void,
    private readonly onError: (error: Error) => void,
  ) {}

  async start(): Promise<void> {
    const file = await openIfThere(this.path);
    this.#current =
      file && new FollowedFile(file, (await file.stat()).size, this.onLine);
    try {
      this.#watcher = watch(dirname(this.path), (_event, name) => {
        if (name === null || name === basename(this.path)) this.#look();
      }).on('error', () => undefined);
      this.#watcher.unref();
    } catch {
      // The looks from time to time are enough.
    }
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY).unref();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#watcher?.close();
    await this.#looking;
    await this.#previous?.file.close();
    await this.#current?.file.close();
  }

  /** One look at a time, and one more where something changed meanwhile. */
  #look(): void {
    if (this.#isAsked || this.#isClosed) return;
    this.#isAsked = true;
    this.#looking = this.#looking.then(async () => {
      this.#isAsked = false;
      try {
        await this.#readNew();
      } catch (error) {
        this.onError(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  async #readNew(): Promise<void> {
    await this.#previous?.readToEnd();
    this.#looksAtPrevious -= 1;
    if (this.#looksAtPrevious === 0) await this.#leavePrevious();
    await this.#current?.readToEnd();
    const newer = await openIfThere(this.path);
    if (!newer) return;
    if (await this.#current?.isSameAs(newer)) {
      await newer.close();
      return;
    }
    await this.#leavePrevious();
    this.#previous = this.#current;
    this.#looksAtPrevious = LOOKS_AFTER_ROTATION;
    this.#current = new FollowedFile(newer, 0, this.onLine);
    await this.#current.readToEnd();
  }

  async #leavePrevious(): Promise<void> {
    await this.#previous?.readToEnd();
    await this.#previous?.file.close();
    this.#previous = undefined;
  }
}

class FollowedFile {
  #rest = Buffer.alloc(0);

  constructor(
    readonly file: FileHandle,
    private position: number,
    private readonly onLine: (line: string) => void,
  ) {}

  async isSameAs(other: FileHandle): Promise<boolean> {
    const [ours, theirs] = [await this.file.stat(), await other.stat()];
    return ours.ino === theirs.ino && ours.dev === theirs.dev;
  }

  async readToEnd(): Promise<void> {
    // `copytruncate` leaves the file where it is, and begins it anew.
    if ((await this.file.stat()).size < this.position) {
      this.position = 0;
      this.#rest = Buffer.alloc(0);
    }
    const piece = Buffer.allocUnsafe(PIECE);
    for (;;) {
      const { bytesRead } = await this.file.read(
        piece,
        0,
        PIECE,
        this.position,
      );
      if (bytesRead === 0) return;
      this.position += bytesRead;
      this.#take(piece.subarray(0, bytesRead));
    }
  }

  #take(bytes: Buffer): void {
    let rest = Buffer.concat([this.#rest, bytes]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = rest.toString('utf8', 0, end).replace(/\r$/, '');
      if (line !== '' && end <= LONGEST_LINE) this.onLine(line);
      rest = rest.subarray(end + 1);
    }
    // The end of one that is too long is enough to know where the next begins.
    this.#rest = rest.subarray(-LONGEST_LINE);
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
