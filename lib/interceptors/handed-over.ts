import { isSent } from '../streaming/connection.js';
import { type Completion } from '../completions/completion-line.js';
import { type DownloadAnswer } from '../streaming/download-answer.js';
import { type DownloadContext } from './download-context.js';

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
