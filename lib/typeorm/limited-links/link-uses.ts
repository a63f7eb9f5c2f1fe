import { createHash, randomBytes } from 'node:crypto';
import { type Readable } from 'node:stream';

import { Logger } from '@nestjs/common';

import { quote } from '../../errors/download-errors.js';
import { type DownloadFile, WrappedFile } from '../../files/download-file.js';
import { type AnswerLimiter } from '../../http/answer-limiter.js';
import { type Awaitable } from '../../storages/awaitable.js';
import {
  type FileStat,
  type ReadWindow,
  taggedAs,
} from '../../storages/file-stat.js';
import { useIdOf, randomId } from './client-marks.js';
import { hasRoom } from './portion.js';
import {
  LinkLimiter,
  type RequestedUse,
  RunningTransfers,
  type Transfer,
} from './link-limiter.js';
import { type LimitedLinkEvent, type LinkEvents } from './link-events.js';
import { type LimitedLinkTimes } from './limited-link-options.js';
import { type LimitedLink } from './limited-link.entity.js';
import { type LinkStore } from './link-store.js';

/** Of whom a use is that is confirmed. */
interface ConfirmedUse {
  readonly shown: readonly string[];
  readonly named?: string;
  /** Bytes of the file, where they are known. */
  readonly size?: number;
  readonly clientName: string | null;
}

/**
 * A use whose file may be asked for.
 *
 * @internal
 */
export interface BegunUse {
  /** What leads to it. */
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly openUntil: number;
  /** Takes it back where it has only just been counted. */
  readonly undo?: () => void;
}

/**
 * The uses of limited links: how they begin, how long they go on, and what is being sent for them.
 *
 * @internal
 */
export class LinkUses {
  readonly #logger = new Logger('LimitedLinks');
  readonly #running: RunningTransfers;
  readonly #pending = new Set<Promise<unknown>>();

  /** @param now milliseconds since 1970 */
  constructor(
    readonly store: LinkStore,
    private readonly times: LimitedLinkTimes,
    private readonly now: () => number,
    private readonly events: LinkEvents,
  ) {
    this.#running = new RunningTransfers(times.checkInterval, (running) =>
      this.#look(running).catch((error: unknown) => this.#report(error)),
    );
  }

  /**
   * Counts a use of a link before its file is asked for, unless the client has one that goes on.
   *
   * @param shown what leads to the uses that the client may have
   * @param named what is to lead to a new one; by default what nobody knows
   * @returns undefined where no use is left
   */
  async confirm(
    link: LimitedLink,
    { shown, named, size, clientName }: ConfirmedUse,
  ): Promise<BegunUse | undefined> {
    // Before it is looked whether it goes on: the same form, sent beside this one, may be about to begin it.
    const wasKnown =
      named !== undefined && (await this.store.hasUse(useIdOf(named)));
    const tokens = named === undefined ? shown : [...shown, named];
    for (const token of tokens) {
      const openUntil = await this.#goesOn(link, token, size);
      if (openUntil !== undefined) return { token, openUntil };
    }
    const token = named === undefined || wasKnown ? randomId() : named;
    const id = useIdOf(token);
    const openUntil = this.openUntil(link);
    const use = { id, linkId: link.id, client: null, clientName, openUntil };
    if (await this.store.begin(use, undefined, { ids: [id], client: null })) {
      this.tell('used', link.id, id);
      const undo = (): void => this.#later(this.#takeBack(id, link.id));
      return { token, openUntil, undo };
    }
    // It has begun it.
    return (await this.#goesOn(link, token, size)) === undefined
      ? undefined
      : { token, openUntil };
  }

  /**
   * The use that a client may go on with: the file may be fetched by it once more.
   *
   * @param shown what leads to those that the client may have
   */
  async continued(
    link: LimitedLink,
    shown: readonly string[],
    size: number | undefined,
  ): Promise<Date | undefined> {
    for (const token of shown) {
      const openUntil = await this.#goesOn(link, token, size);
      if (openUntil !== undefined) return new Date(openUntil);
    }
    return undefined;
  }

  /** Tells whoever listens, when it is known what has become of the link. */
  tell(type: LimitedLinkEvent['type'], linkId: string, use?: string): void {
    if (!this.events.isObserved) return;
    this.#later(
      this.store.find(linkId).then((link) => {
        if (link) this.events.publish({ type, link, ...(use && { use }) });
      }),
    );
  }

  limiterFor(use: RequestedUse): AnswerLimiter {
    return new LinkLimiter(use, {
      store: this.store,
      running: this.#running,
      later: (work) => this.#later(work),
      tell: (type, useId) => this.tell(type, use.linkId, useId),
    });
  }

  /** Ends what this process sends by a link. */
  cut(linkId: string): void {
    this.#running.cut(linkId);
  }

  /** Seconds that are left. @param openUntil milliseconds since 1970 */
  secondsUntil(openUntil: number): number {
    return Math.ceil((openUntil - this.now()) / 1000);
  }

  /** How long a use goes on that begins now; milliseconds since 1970. */
  openUntil({ expiresAt }: LimitedLink): number {
    const longest = this.now() + this.times.grantLifetime;
    return Math.min(longest, expiresAt?.getTime() ?? longest);
  }

  /** What was given back is in the database. */
  async settled(): Promise<void> {
    // What is told afterwards is found out afterwards.
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  async #takeBack(id: string, linkId: string): Promise<void> {
    if (await this.store.undo(id, linkId)) this.tell('taken-back', linkId, id);
  }

  async #goesOn(
    link: LimitedLink,
    token: string,
    size: number | undefined,
  ): Promise<number | undefined> {
    const use = await this.store.findUse(useIdOf(token), link.id);
    return use && hasRoom(use.drawn, size) ? use.openUntil : undefined;
  }

  #later(work: Promise<unknown>): void {
    const pending = work
      .catch((error: unknown) => this.#report(error))
      .finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
  }

  async #look(running: readonly Transfer[]): Promise<void> {
    const linkIds = new Set(running.map(({ linkId }) => linkId));
    for (const id of await this.store.revokedAmong([...linkIds])) {
      this.#running.cut(id);
    }
    const useIds = new Set(running.map(({ useId }) => useId));
    await this.store.renewLeases([...useIds]);
  }

  /** The database may be gone for a while; what is being sent is not its business. */
  #report(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.#logger.warn(`What is running could not be kept: ${quote(text)}`);
  }
}

/**
 * A file with a strong tag that is one use's alone: a client that holds its bytes against it shows whose
 * they are. An origin of the file is not asked to judge by it, as `request()` would.
 *
 * @internal
 */
export class TaggedFile extends WrappedFile {
  readonly untrusted?: boolean;

  /** @param useId which stands in the tag */
  constructor(
    file: DownloadFile,
    private readonly useId: string,
  ) {
    super(file);
    this.untrusted = file.untrusted;
  }

  open(window?: ReadWindow): Awaitable<Readable> {
    return this.file.open(window);
  }

  /** Ours is made from it. */
  protected override needsTag(): boolean {
    return true;
  }

  protected override restated(stat: FileStat): FileStat {
    const etag = `"${this.useId}.${fingerprint(stat)}"`;
    return taggedAs(stat, etag);
  }
}

/** Of a file that says nothing, a tag that matches nothing. */
function fingerprint({ etag, lastModified, size }: FileStat): string {
  if (etag === undefined && lastModified === undefined) {
    return randomBytes(12).toString('base64url');
  }
  return createHash('sha256')
    .update([etag, lastModified?.getTime(), size].join(' '))
    .digest('base64url')
    .slice(0, 16);
}
