import { randomUUID } from 'node:crypto';

import {
  type ExecutionContext,
  HttpException,
  Inject,
  Injectable,
} from '@nestjs/common';

import { DownloadCompletions } from '../completions/download-completions.js';
import {
  type CheckedDownloadOptions,
  DOWNLOAD_OPTIONS,
} from '../download.options.js';
import {
  type DownloadEvent,
  DownloadEvents,
  type DownloadOutcome,
} from '../events/download-events.js';
import { DerivedFile } from '../files/derived-file.js';
import { type DownloadFile, WrappedFile } from '../files/download-file.js';
import { StorageFile } from '../files/storage-file.js';
import { cleanFileName } from '../http/content-disposition.js';
import { parseContentRange } from '../http/range.js';
import { type DownloadBackend } from '../responses/download-backend.js';
import { type DownloadResponse } from '../responses/download-response.js';
import { signedLinks } from '../signing/signed-message.js';
import { UrlSigner } from '../signing/url-signer.js';
import { type DownloadStorage } from '../storages/download-storage.js';
import {
  type AnswerObserver,
  type DownloadAnswer,
} from '../streaming/download-answer.js';
import { type ResponseHead } from '../streaming/response-head.js';

const APPLICATION = 'application';

/**
 * Makes the events of downloads, where somebody listens.
 *
 * @internal
 */
@Injectable()
export class DownloadTracking {
  readonly #storageNames: ReadonlyMap<DownloadStorage, string>;
  readonly #tracked = new WeakMap<object, TrackedDownload>();

  constructor(
    readonly events: DownloadEvents,
    readonly completions: DownloadCompletions,
    signer: UrlSigner,
    @Inject(DOWNLOAD_OPTIONS) { storages }: CheckedDownloadOptions,
  ) {
    // Guards come before interceptors, which would tell of it otherwise.
    signer.onRefused = (context, exception): void => {
      if (events.isObserved) this.track(context).refused(exception);
    };
    this.#storageNames = new Map(
      Object.entries(storages).map(([name, storage]) => [storage, name]),
    );
  }

  /** One request that asks for a file, where somebody listens. */
  track(context: ExecutionContext): TrackedDownload {
    const request = context.switchToHttp().getRequest<object>();
    let tracked = this.#tracked.get(request);
    if (!tracked) {
      tracked = new TrackedDownload(
        context,
        this.events,
        this.completions,
        this.#storageNames,
      );
      this.#tracked.set(request, tracked);
    }
    return tracked;
  }
}

/**
 * Tells of a decided answer when it begins, and when it is over.
 *
 * @param isHeardOf whether the server in front, which sends the file, logs what became of it
 * @internal
 */
export function trackAnswer(
  answer: DownloadAnswer,
  download: DownloadResponse,
  tracked: TrackedDownload,
  backend: DownloadBackend,
  isHeardOf: boolean,
): void {
  const { status, length } = answer.head;
  const { isOffloaded } = answer;
  const size = isOffloaded ? download.knownSize : length;
  tracked.describe(download, status === 206 ? undefined : size);
  answer.observe(
    isOffloaded
      ? tracked.observer(backend.name, isHeardOf)
      : tracked.observer(),
  );
}

/**
 * The events of one download.
 *
 * @internal
 */
export class TrackedDownload {
  readonly #began = performance.now();
  readonly #facts: Pick<
    DownloadEvent,
    'method' | 'link' | 'controller' | 'handler' | 'request'
  >;
  #file: DownloadEvent['file'] | undefined;
  #size: number | undefined;
  #id: string | undefined;

  constructor(
    context: ExecutionContext,
    private readonly events: DownloadEvents,
    private readonly completions: DownloadCompletions,
    private readonly storageNames: ReadonlyMap<DownloadStorage, string>,
  ) {
    const request = context
      .switchToHttp()
      .getRequest<DownloadEvent['request']>();
    this.#facts = {
      method: request.method,
      link: signedLinks.get(request)?.id,
      controller: context.getClass().name,
      handler: context.getHandler().name,
      request,
    };
  }

  /** The id of all its events. */
  get id(): string {
    return (this.#id ??= randomUUID());
  }

  /** The file that the application hands out. */
  describe(
    { file, presentation }: DownloadResponse,
    size: number | undefined,
  ): void {
    const name = cleanFileName(presentation.basename ?? file.name);
    const stored = unwrapped(file);
    const known =
      stored instanceof StorageFile || stored instanceof DerivedFile
        ? { storage: this.storageNames.get(stored.storage), key: stored.key }
        : {};
    this.#file = { name, ...known };
    this.#size = size;
  }

  /**
   * @param sender the backend whose server sends the file; the application itself by default
   * @param isHeardOf whether that server logs what became of it
   */
  observer(sender = APPLICATION, isHeardOf = false): AnswerObserver {
    let head: ResponseHead | undefined;
    let forget: (() => void) | undefined;
    return {
      begun: (written) => {
        head = written;
        this.#publish('started', sender, head);
        if (isHeardOf && this.completions.areRead) {
          forget = this.#expectCompletion(sender, head);
        }
      },
      ended: ({ bytes, isFinished, error }) => {
        if (!head) return;
        if (!isFinished) forget?.();
        const outcome = outcomeOf(head, sender, isFinished, error);
        this.#publish('finished', sender, head, {
          outcome,
          error,
          ...(outcome !== 'handed-over' && { bytes }),
        });
      },
    };
  }

  /** There is no file for this request: both events at once. */
  refused(error: unknown): void {
    const status = error instanceof HttpException ? error.getStatus() : 500;
    const head = { status, headers: {} };
    this.#publish('started', APPLICATION, head);
    this.#publish('finished', APPLICATION, head, {
      outcome: status === 500 ? 'failed' : 'refused',
      bytes: 0,
      error: error instanceof Error ? error : new Error(String(error)),
    });
  }

  #expectCompletion(sender: string, head: ResponseHead): () => void {
    return this.completions.expect(this.id, (completion) =>
      this.#publish(
        'finished',
        sender,
        { ...head, status: completion?.status ?? head.status },
        {
          outcome: completion?.outcome ?? 'unknown',
          bytes: completion?.bytes,
          ...(completion?.duration !== undefined && {
            duration: completion.duration,
          }),
        },
      ),
    );
  }

  #publish(
    phase: DownloadEvent['phase'],
    sender: string,
    { status, contentRange }: Pick<ResponseHead, 'status' | 'contentRange'>,
    further: {
      readonly outcome?: DownloadOutcome;
      readonly bytes?: number;
      readonly error?: Error;
      readonly duration?: number;
    } = {},
  ): void {
    const range = parseContentRange(contentRange);
    this.events.publish({
      id: this.id,
      phase,
      sender,
      status,
      size: range?.size ?? this.#size,
      range: range?.range,
      duration: phase === 'started' ? 0 : performance.now() - this.#began,
      file: this.#file ?? { name: this.#requestedName() },
      ...this.#facts,
      ...further,
    });
  }

  /** Nothing better is known of a file that is not there. */
  #requestedName(): string {
    const [path = ''] = this.#facts.request.url.split('?');
    return cleanFileName(path.split('/').at(-1) ?? '');
  }
}

/** The file that an entity or a link says more of. */
function unwrapped(file: DownloadFile): DownloadFile {
  return file instanceof WrappedFile ? unwrapped(file.file) : file;
}

function outcomeOf(
  { status }: ResponseHead,
  sender: string,
  isFinished: boolean,
  error: Error | undefined,
): DownloadOutcome {
  if (error) return 'failed';
  if (!isFinished) return 'aborted';
  if (sender !== APPLICATION) return 'handed-over';
  return status === 304 ? 'not-modified' : 'completed';
}
