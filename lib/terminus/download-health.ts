/**
 * What one of the checks found.
 *
 * @publicApi
 */
export interface DownloadHealthPart {
  /** `unchecked` where an earlier check failed that this one rests on. */
  readonly status: 'up' | 'down' | 'unchecked';
  /** What is wrong, and what to look at; only where it is not `up`. */
  readonly message?: string;
}

/**
 * What all checks found: all of it is part of the indicator's result.
 *
 * @publicApi
 */
export interface DownloadHealth {
  /** The storage can be read. */
  readonly storage: DownloadHealthPart;
  /** The application answers with the offload header, or where nobody else is to send files, with the file. */
  readonly application: DownloadHealthPart;
  /** The server in front sends the file. */
  readonly server: DownloadHealthPart;
  /** From outside no offload header is seen, and no internal location is open. */
  readonly outside: DownloadHealthPart;
}

/**
 * @internal
 */
export const up: DownloadHealthPart = { status: 'up' };

/**
 * @internal
 */
export function down(message: string): DownloadHealthPart {
  return { status: 'down', message };
}

/**
 * @param failed the check that this one rests on
 * @internal
 */
export function unchecked(failed: keyof DownloadHealth): DownloadHealthPart {
  return { status: 'unchecked', message: `${failed} is down` };
}
