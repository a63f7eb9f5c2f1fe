/**
 * Where files of a controller lie, as far as its options say it before anybody asks.
 *
 * @publicApi
 */
export interface DownloadPlace {
  /** The directory on this machine. */
  readonly directory?: string;
  /** What the `url` of the files begins with. */
  readonly url?: string;
  /** Whether they are on another server, or in a store that knows `temporaryUrl()`. */
  readonly isRemote?: boolean;
  /** Whether they have temporary addresses. */
  readonly hasTemporaryUrl?: boolean;
}

/**
 * What a controller hands out, for a backend to say at boot what it cannot send.
 *
 * @publicApi
 */
export interface DownloadSource {
  /** The controller, for messages: `MediaController ('media/*path')`. */
  readonly owner: string;
  /** Not there where only a request decides it, or the application makes the file. */
  readonly place?: DownloadPlace;
  /** The content coding of all files. */
  readonly encoding?: string;
}
