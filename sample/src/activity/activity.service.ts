import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

import {
  Injectable,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { type Request } from 'express';
import { type DownloadEvent, DownloadEvents } from 'nestjs-downloadview';
import { Subject, type Subscription } from 'rxjs';

import { guide } from '../seed/first-documents.js';
import { type Explained, explainedBy } from './explained.js';

/** One download as the pages show it. */
export interface Activity extends Explained {
  readonly id: string;
  readonly name: string;
  /** Its place in the storage, where it has one. */
  readonly key?: string;
  readonly sender: string;
  readonly begunAt: Date;
  readonly status: number;
  /** Bytes that are to be sent, where they are known. */
  readonly size?: number;
  readonly range?: DownloadEvent['range'];
  /** Undefined while it goes on. */
  readonly outcome?: DownloadEvent['outcome'];
  /** Bytes that were handed to the operating system: nobody here knows which of them arrived. */
  readonly sent?: number;
  readonly seconds?: number;
  /** The longest that Node's event loop was late meanwhile, in milliseconds. */
  readonly delay?: number;
}

interface Watched {
  /** Gives bytes that were sent so far. */
  readonly sent: () => number;
  readonly delay: IntervalHistogram;
}

const MOST_KEPT = 100;
/** Milliseconds. */
const RESOLUTION = 10;
const TICK = 500;

/** Remembers the last downloads of this process, from what the library tells of them. */
@Injectable()
export class ActivityService implements OnModuleInit, OnModuleDestroy {
  /** Each change, as it happens. */
  readonly changes = new Subject<Activity>();
  /** The oldest first. */
  readonly #activities = new Map<string, Activity>();
  readonly #watched = new Map<string, Watched>();
  #subscription?: Subscription;
  #timer?: NodeJS.Timeout;

  constructor(private readonly events: DownloadEvents) {}

  onModuleInit(): void {
    this.#subscription = this.events.subscribe((event) => {
      if (isDownload(event)) this.#take(event);
    });
    this.#timer = setInterval(() => this.#showProgress(), TICK).unref();
  }

  onModuleDestroy(): void {
    this.#subscription?.unsubscribe();
    clearInterval(this.#timer);
    this.changes.complete();
  }

  /** The newest first. */
  latest(key?: string): Activity[] {
    const all = [...this.#activities.values()].reverse();
    return key === undefined ? all : all.filter((one) => one.key === key);
  }

  #take(event: DownloadEvent): void {
    if (event.phase === 'started') this.#watch(event);
    const known = this.#activities.get(event.id);
    const { size, range } = event;
    const { outcome, bytes, duration } = event;
    this.#change({
      id: event.id,
      name: event.file.name,
      key: event.file.key,
      sender: event.sender,
      begunAt: known?.begunAt ?? new Date(),
      status: event.status,
      size: range ? range.end - range.start + 1 : size,
      range,
      ...explainedBy(event.request),
      ...(outcome && {
        outcome,
        sent: bytes,
        seconds: duration / 1000,
        delay: known?.delay ?? this.#endWatch(event.id),
      }),
    });
  }

  #watch({ id, request }: DownloadEvent): void {
    const { socket } = request as Request;
    const before = socket.bytesWritten;
    const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
    delay.enable();
    this.#watched.set(id, { sent: () => socket.bytesWritten - before, delay });
  }

  /** @returns milliseconds; undefined where it was over before anything could be measured */
  #endWatch(id: string): number | undefined {
    const delay = this.#watched.get(id)?.delay;
    this.#watched.delete(id);
    if (!delay?.disable() || delay.count === 0) return undefined;
    return Math.max(0, delay.max / 1e6 - RESOLUTION);
  }

  /** Of what the application sends itself; what a server sends is not seen here. */
  #showProgress(): void {
    for (const [id, { sent }] of this.#watched) {
      const activity = this.#activities.get(id);
      if (activity?.sender !== 'application') continue;
      this.#change({ ...activity, sent: sent() });
    }
  }

  #change(activity: Activity): void {
    this.#activities.set(activity.id, activity);
    for (const id of this.#activities.keys()) {
      if (this.#activities.size <= MOST_KEPT) break;
      this.#activities.delete(id);
    }
    this.changes.next(activity);
  }
}

/**
 * Pictures, sounds and frames that a page shows are files, too, but nobody downloads them; nor does the health
 * check, which has no name.
 */
function isDownload({ method, file, request }: DownloadEvent): boolean {
  const { 'sec-fetch-dest': shownIn = 'document', 'user-agent': client } =
    request.headers;
  return (
    method !== 'HEAD' &&
    ['document', 'empty'].includes(shownIn) &&
    (file.key !== guide.key || client !== undefined)
  );
}
