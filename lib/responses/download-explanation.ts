/**
 * What becomes of one download, and why: who sends it, from where, and what gets lost on the way.
 *
 * @publicApi
 */
export interface DownloadExplanation {
  /** What the client calls the file. */
  readonly name: string;
  /** The backend that was asked: `nginx`. */
  readonly backend: string;
  /** Whether somebody else than the application sends the bytes. */
  readonly offloaded: boolean;
  /** The rule that holds the file, by its place in the backend's options: `rules[0]`. */
  readonly rule?: string;
  /** The header that names the file to the server; only where it is offloaded. */
  readonly offloadHeader?: string;
  /**
   * Under which URI, or for X-Sendfile which path, the server finds the file; only where it is offloaded.
   * Without its query, which may hold a signature.
   */
  readonly uri?: string;
  /**
   * Headers of the answer that do not reach the client where the server sends the file, with the
   * configuration that `serverConfig()` prints.
   */
  readonly lostHeaders: readonly string[];
  /** Why the application answers itself; only where the file is not offloaded. */
  readonly reason?: string;
}
