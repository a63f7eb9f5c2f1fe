import { type DownloadFile } from '../files/download-file.js';
import { type Awaitable } from '../storages/awaitable.js';
import { type FileStat } from '../storages/file-stat.js';
import { type DownloadDescription } from './describe.js';
import { type ProxiedDownloadResponse } from './proxied-download-response.js';
import { type ResponseHeaders } from './response-headers.js';

/**
 * Where the printed configuration listens, and where it finds the application.
 *
 * @publicApi
 */
export interface ServerConfigOptions {
  /** `host:port` or `port` of the web server; `80` by default. */
  readonly listen?: string;
  /** `host:port` of the application. */
  readonly upstream: string;
  /** Names of the site; any by default. */
  readonly serverName?: string;
  /** The user that the workers run as, where the server is started by root. */
  readonly user?: string;
  /** A directory for process id, log and temporary files; the server's own by default. */
  readonly directory?: string;
}

/**
 * What a backend gets to see of a DownloadResponse.
 *
 * @publicApi
 */
export interface ProxiableDownload {
  readonly file: DownloadFile;
  /** @throws FileNotFoundError where there is no such file */
  describe(): Promise<DownloadDescription>;
}

/**
 * What the server in front can do. It turns a response into one that makes the server send the file,
 * or gives undefined: then the application sends it.
 *
 * @publicApi
 */
export interface DownloadBackend {
  /** `stream`, `nginx` ... */
  readonly name: string;

  /** Headers for answers that the application sends itself through this server. */
  readonly streamHeaders?: ResponseHeaders;

  /**
   * Tag and date that the server gives a file that it sends, where it drops ours. HEAD is answered by the
   * application, and has to say the same.
   */
  validators?(
    file: DownloadFile,
  ): Awaitable<Pick<FileStat, 'etag' | 'lastModified'>>;

  /** Milliseconds after which a client that takes nothing is reset; a minute by default, 0 for never. */
  readonly idleTimeout?: number;

  /**
   * The answer that makes the server send the file, where it can.
   *
   * @throws FileNotFoundError where there is no such file
   */
  proxy(
    response: ProxiableDownload,
  ): Awaitable<ProxiedDownloadResponse | undefined>;

  /** The server's configuration, made from the same rules. */
  serverConfig?(options: ServerConfigOptions): string;

  /** What is wrong with this machine as the backend's options see it; told once at boot. */
  warnings?(): Awaitable<readonly string[]>;
}
