import { type FileUse } from '../files/download-file.js';
import {
  type AnswerObserver,
  type DownloadAnswer,
} from '../streaming/download-answer.js';
import { type DownloadContext } from './download-context.js';
import { isSent } from '../streaming/connection.js';
import { type Completion } from '../completions/completion-line.js';

/**
 * What became of an answer that was handed to the server in front: what that says of it, `unknown` where it has
 * said nothing in time, `never` where it did not get it.
 *
 * @internal
 */
export type SentByServer = Completion | 'unknown' | 'never';

/**
 * Calls back once when it is known what became of an answer that is handed to the server in front. Only where
 * completions are read.
 *
 * @param id that it was given
 * @internal
 */
export function whenSentByServer(
  id: string,
  answer: DownloadAnswer,
  context: DownloadContext,
  callback: (sent: SentByServer) => void,
): void {
  const { response, completions } = context;
  let isDone = false;
  const tell = (sent: SentByServer): void => {
    if (isDone) return;
    isDone = true;
    callback(sent);
  };
  const forget = completions?.expect(id, (completion) =>
    tell(completion ?? 'unknown'),
  );
  context.onClose(() => {
    // The server has got it, and logs how it ends.
    if (answer.wasWritten && isSent(response.raw)) return;
    forget?.();
    tell('never');
  });
}

/**
 * One answer with a file that goes away, until it is over.
 *
 * @internal
 */
export class AnswerUse implements AnswerObserver {
  #answer?: DownloadAnswer;
  #isHandedOver = false;
  #hasBegun = false;

  constructor(
    private readonly use: FileUse,
    private readonly context: DownloadContext,
  ) {
    context.onClose(() => this.#close());
  }

  /** @param id that the server in front logs it with, where that is handed the file */
  follow(answer: DownloadAnswer, id: string | undefined): void {
    this.#answer = answer;
    this.#isHandedOver = id !== undefined;
    if (id === undefined || !this.context.completions?.areRead) {
      answer.observe(this);
      return;
    }
    this.#hasBegun = true;
    whenSentByServer(id, answer, this.context, (sent) => {
      const isWhole =
        typeof sent === 'object' &&
        sent.outcome === 'completed' &&
        sent.status === 200;
      if (isWhole) this.use.over('whole');
      else this.use.over(answer.wasWritten ? 'part' : 'nothing');
    });
  }

  begun(): void {
    this.#hasBegun = true;
  }

  ended({ isFinished }: { readonly isFinished: boolean }): void {
    if (!this.#isHandedOver) this.use.over(this.#endOfBody(isFinished));
    // A server that never heard of it reads nothing.
    else this.use.over(isFinished ? 'handed-over' : 'part');
  }

  /** The response is over; perhaps somebody else has answered. */
  #close(): void {
    this.#answer?.close();
    if (!this.#hasBegun) this.use.over('nothing');
  }

  #endOfBody(isFinished: boolean): 'whole' | 'part' | 'nothing' {
    if (this.context.method === 'HEAD' || !this.#answer?.hasBody) {
      return 'nothing';
    }
    return isFinished && this.#answer.head.status === 200 ? 'whole' : 'part';
  }
}
