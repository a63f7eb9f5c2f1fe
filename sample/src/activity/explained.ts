import { type Request } from 'express';
import { type DownloadRequest } from 'nestjs-downloadview';

/** Why who sends a file does. */
export interface Explained {
  /** The rule of the backend that holds the file. */
  readonly rule?: string;
  /** Why the server in front does not send it. */
  readonly reason?: string;
}

/** As the library says it in a header of the answer, for the module has `explain: true`. */
export function explainedBy(request: DownloadRequest): Explained {
  const { res } = request as Request;
  const field = String(res?.getHeader('X-Download-Explain') ?? '');
  const parameter = (name: string): string | undefined =>
    new RegExp(`; ${name}="([^"]*)"`).exec(field)?.[1];
  return { rule: parameter('rule'), reason: parameter('reason') };
}
