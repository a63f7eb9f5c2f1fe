import { type DownloadRequest } from 'nestjs-downloadview';

/** The cookie by which a reader has the application send all files itself, to compare. */
export const SENDER = 'sender';

/** Whether whoever asks has chosen that no server in front is to send. */
export function wantsApplication({
  headers,
}: Pick<DownloadRequest, 'headers'>): boolean {
  return /(?:^|;\s*)sender=application(?:;|$)/.test(headers.cookie ?? '');
}
