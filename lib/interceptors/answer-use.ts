import { type DownloadCompletions } from '../completions/download-completions.js';
import { type FileUse } from '../files/download-file.js';
import { type DownloadBackend } from '../responses/download-backend.js';
import { refuse } from '../responses/download-backend.js';
import {
  type AnswerObserver,
  type DownloadAnswer,
} from '../streaming/download-answer.js';

/**
 * One answer with a file that goes away, until it is over.
 *
 * @internal
 */
export class AnswerUse implements AnswerObserver {
  #answer?: DownloadAnswer;
  #handedOver?: string;
  #hasBegun = false;
  #forget?: () => void;

  constructor(
    private readonly use: FileUse,
    private readonly method: string,
    private readonly completions: DownloadCompletions | undefined,
  ) {}

  /** @param handedOver the id that the server in front logs it with, where that was handed the file */
  follow(answer: DownloadAnswer, handedOver: string | undefined): void {
    this.#answer = answer;
    this.#handedOver = handedOver;
    answer.observe(this);
  }

  begun(): void {
    this.#hasBegun = true;
    if (this.#handedOver === undefined || !this.completions?.areRead) return;
    this.#forget = this.completions.expect(this.#handedOver, (completion) => {
      const isWhole =
        completion?.outcome === 'completed' && completion.status === 200;
      this.use.over(isWhole ? 'whole' : 'part');
    });
  }

  ended({ isFinished }: { readonly isFinished: boolean }): void {
    if (this.#handedOver === undefined) {
      this.use.over(this.#endOfBody(isFinished));
    } else if (!isFinished) {
      // The server never heard of it.
      this.#forget?.();
      this.use.over('part');
    } else if (!this.#forget) {
      this.use.over('handed-over');
    }
  }

  /** The response is over; perhaps somebody else has answered. */
  close(): void {
    this.#answer?.close();
    if (!this.#hasBegun) this.use.over('nothing');
  }

  #endOfBody(isFinished: boolean): 'whole' | 'part' | 'nothing' {
    if (this.method === 'HEAD' || !this.#answer?.hasBody) return 'nothing';
    return isFinished && this.#answer.head.status === 200 ? 'whole' : 'part';
  }
}

/**
 * The backend for a file that must be there no more after its last answer: nobody would know when the server in
 * front has opened it.
 *
 * @internal
 */
export function withoutOffload(backend: DownloadBackend): DownloadBackend {
  return {
    name: backend.name,
    streamHeaders: backend.streamHeaders,
    idleTimeout: backend.idleTimeout,
    proxy: (_, request) => refuse(request, 'temporary'),
  };
}
