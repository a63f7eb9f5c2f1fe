/**
 * What every error of this library is: `code` is stable and meant for programs, `message` for people
 * and logs (never for the client), `cause` the error underneath.
 *
 * @publicApi
 */
export abstract class DownloadError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}
