import { type IncomingHttpHeaders } from 'node:http';

import { type DownloadFile } from '../files/download-file.js';
import { type Awaitable } from '../storages/awaitable.js';
import { type FileStat } from '../storages/file-stat.js';
import { type DownloadDescription } from './describe.js';
import { type Presentation } from './presentation.js';
import { type ResponseHeaders, joinHeaders } from './response-headers.js';

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
  /** Names of the headers that all answers have. */
  readonly headers?: readonly string[];
}

/**
 * What a backend says of its own decision while it makes it.
 *
 * @publicApi
 */
export interface OffloadNote {
  /** The rule that holds the file, by its place in the options: `rules[0]`. */
  readonly rule?: string;
  /** Why the server is not to send the file: plain words, without paths. The last one counts. */
  readonly reason?: string;
}

/**
 * Why the application sends a download itself.
 *
 * @internal
 */
export const REFUSALS = {
  noServer: 'no server in front sends files',
  noPlace: 'the file lies neither on a disk nor under a URL',
  noRule: 'no rule holds the file',
  ownBytes: 'its open() gives other bytes than lie there',
  notRegular: 'it is no regular file',
  coding: 'the server drops the content coding of the file',
  untellable: 'the server cannot be told this name',
  linked: 'the server follows no symbolic link to the directory',
  noTag: 'the file has no strong tag, and the server would make one up',
  ownTag:
    'the server holds a condition of the request against a tag of its own',
  remoteHost: 'the address is on a host that the backend may not send to',
  remoteSize: 'the size of the file is not known',
  remoteRanges: 'several ranges of a file of another server',
  remoteVersion: 'the cache is for versions, and the store names none',
  remoteTag: 'the store would not hold If-Range against the tag of the file',
  empty: 'the file is empty',
  unranged: 'the server would send ranges, and this download has none',
  status: 'the server would answer 200, and the application another status',
  limitRate: 'the server does not keep to the rate of this download',
  noAddress: 'the storage makes no temporary address',
  notGet: 'the server would answer conditions and ranges of this method',
  redirectsGet: 'only GET is sent elsewhere',
  head: 'HEAD has no body that a server could send',
  ranges: 'the server would answer the ranges of the request otherwise',
  dates: 'the server would answer a date of the request otherwise',
  notModified: 'the client has the file already',
  precondition: 'a precondition of the request fails',
  counted:
    'the link works a limited number of times, and the server does not tell how much it has sent',
  countedTag:
    'by the tag a client shows that the link is its own, and the server has a tag of its own',
  temporary:
    'the file is removed after its last answer, and nobody says when the server has sent it',
  left: 'the backend left it to the application',
} as const;

/**
 * @internal
 */
export type Refusal = keyof typeof REFUSALS;

/**
 * Notes why the application sends a download itself.
 *
 * @internal
 */
export function refuse(
  { note }: { readonly note?: (note: OffloadNote) => void },
  refusal: Refusal,
): undefined {
  note?.({ reason: REFUSALS[refusal] });
  return undefined;
}

/**
 * The `proxy()` of a backend without a server in front: it need not be asked.
 *
 * @internal
 */
export function refuseAll(
  _response: ProxiableDownload,
  request: ProxiableRequest,
): undefined {
  return refuse(request, 'noServer');
}

/**
 * Where the printed configuration listens, and where it finds the application.
 *
 * @publicApi
 */
export interface ServerConfigOptions {
  /** `host:port` or `port` of the web server; `80` by default. */
  readonly listen?: string | number;
  /** `host:port` of the application. */
  readonly upstream: string;
  /** Names of the site; any by default. */
  readonly serverName?: string;
  /** The user that the workers run as, where the server is started by root. */
  readonly user?: string;
  /**
   * A directory for process id, log and temporary files; the server's own by default. lighttpd keeps large
   * uploads in TMPDIR or /var/tmp in any case: only a directory that its user may write to would do.
   */
  readonly directory?: string;
  /**
   * Whether only that is printed which goes into a configuration that is there already: locations for a
   * server block of nginx, directives for a VirtualHost of Apache, a fragment for lighttpd, directives for
   * a site block of Caddy. `listen`, `serverName`, `user` and `directory` are then that configuration's.
   * False by default: the configuration is complete.
   */
  readonly include?: boolean;
  /**
   * Names of further headers of the application, such as those that a controller has in `headers`, that the
   * printed configuration brings back to files that the server sends. nginx would drop them; the other servers
   * pass headers on by themselves.
   */
  readonly headers?: readonly string[];
  /**
   * Headers of requests to the application, beside those that are printed in any case or in place of them: by
   * name the value as that server writes it, with its variables: `{ 'X-Real-IP': '$remote_addr' }` for nginx,
   * `'{remote_host}'` for Caddy, `'expr=%{REMOTE_ADDR}'` for Apache; lighttpd has none.
   */
  readonly requestHeaders?: Readonly<Record<string, string>>;
  /**
   * The file of the access log, or false for none. By default what the server does by itself; nginx and Apache
   * write `access.log` in `directory`, where that is given. The user of lighttpd and Caddy has to be able to
   * write to it.
   */
  readonly accessLog?: string | false;
  /** Seconds that the server waits for the application to say something; its own default by default. */
  readonly timeout?: number;
  /**
   * Where the server is to say what became of the files that it was handed: the module option `completions`, which
   * reads it. `listen` is for nginx and Caddy; Apache and lighttpd write a file. lighttpd and Caddy keep one log: the
   * file is then the access log, too.
   */
  readonly completions?: {
    readonly file?: string;
    readonly listen?: string;
    readonly timeout?: number;
  };
}

/**
 * What is known of a download whose file was looked at.
 *
 * @internal
 */
export interface Described {
  readonly description: DownloadDescription;
  /** Where a local file lay then, links followed, below the root that it may not leave. */
  readonly location?: string;
  /** What the disk itself says of it, whatever else is said. */
  readonly disk?: FileStat;
}

/**
 * What a backend gets to see of a DownloadResponse.
 *
 * @publicApi
 */
export interface ProxiableDownload {
  readonly file: DownloadFile;
  readonly presentation: Presentation;
  /**
   * Bytes a second that the client gets at most, as the download or the module says: false for no limit, undefined
   * where neither says. A server that cannot keep to it must not get the file.
   */
  readonly limitRate?: number | false | undefined;
  /** @throws FileNotFoundError where there is no such file */
  describe(): Promise<DownloadDescription>;
  /**
   * The same, at once where the file says it at once, and where a local file was found.
   *
   * @param withTag whether the tag of a local file is wanted; true by default
   * @internal
   */
  described?(withTag?: boolean): Awaitable<Described>;
  /** The same from facts that are known already, where the file cannot be asked. */
  describeBy?(stat: FileStat): DownloadDescription;
}

/**
 * What a backend gets to see of the request. Nothing in it says where a file lies.
 *
 * @publicApi
 */
export interface ProxiableRequest {
  readonly method: string;
  /** By their names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** Tells the log why the application has to send a file that the backend was meant for. */
  readonly report: (message: string) => void;
  /** Takes what explain() is to say of the decision; there only where somebody wants to know. */
  readonly note?: (note: OffloadNote) => void;
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
   * Who answers If-Match, If-None-Match, If-Modified-Since and If-Unmodified-Since for a file that the
   * server sends. `server`, the default: it has a tag and a date of its own, and the request is left to it
   * as it is. `application`: it takes ETag and Last-Modified of the answer, and is asked to send only what
   * the client is to have; 304 and 412 come from the application, without the offload header. Ranges, with
   * If-Range, are the server's in both cases.
   */
  readonly conditions?: 'application' | 'server';

  /**
   * How many ranges the server sends in one answer. Where this is given, the application looks at Range
   * first and answers itself what asks for more, for nothing that exists, or for nothing that can be
   * understood. By default every Range is left to the server.
   */
  readonly mostRanges?: number;

  /**
   * Whether the server cuts ranges out of what the application sends with 200, too. Such an answer to a Range that
   * is not to be obeyed then says that it has none.
   */
  readonly rangesStreams?: boolean;

  /**
   * Tag and date that the server gives a file that it sends, or holds conditions against, where those are
   * not ours. HEAD is answered by the application, and has to say the same.
   *
   * @param stat what the file says of itself
   * @param disk what the disk said of a local file when it was looked at
   */
  validators?(
    file: DownloadFile,
    stat: FileStat,
    disk?: FileStat,
  ): Awaitable<Pick<FileStat, 'etag' | 'lastModified'>>;

  /** Milliseconds after which a client that takes nothing is reset; a minute by default, 0 for never. */
  readonly idleTimeout?: number;

  /** Bytes a second at which the application sends where neither a download nor the module says. */
  readonly limitRate?: number;

  /**
   * The answer that makes the server send the file, where it can.
   *
   * @throws FileNotFoundError where there is no such file
   */
  proxy(
    response: ProxiableDownload,
    request: ProxiableRequest,
  ): Awaitable<ProxiedDownloadResponse | undefined>;

  /**
   * Whether a header of the answer does not reach the client where the server sends the file. By default
   * none is lost.
   */
  losesHeader?(name: string): boolean;

  /** The server's configuration, made from the same rules. */
  serverConfig?(options: ServerConfigOptions): string;

  /**
   * What is wrong with this machine as the backend's options see it, and what controllers hand out that the
   * server cannot send; told once at boot. Each text says what to change.
   *
   * @param sources what the controllers with this backend hand out
   */
  warnings?(sources?: readonly DownloadSource[]): Awaitable<readonly string[]>;
}

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

/**
 * What else is to be said of a ProxiedDownloadResponse.
 *
 * @publicApi
 */
export interface ProxiedDownloadOptions {
  /** 302 where the header is Location, which sends the client itself to the bytes; 200 by default. */
  readonly status?: 200 | 302;
  /**
   * Whether the application answers the conditions of this request, and whoever sends the file then looks
   * at none of them. Where it is not said, the backend's `conditions` decide.
   */
  readonly unconditional?: boolean;
  /**
   * Whether the application has looked at Range and If-Range of this request, too, and whoever sends the file
   * looks at neither.
   */
  readonly unranged?: boolean;
  /**
   * The same answer for a Range that is not to be obeyed: from a place where the server sends no ranges. Where it
   * has none, the application sends the file.
   */
  readonly whole?: ProxiedDownloadResponse;
  /** What is known of the file, where the backend knows it from elsewhere than `describe()`. */
  readonly description?: DownloadDescription;
}

/**
 * An answer that has somebody else send the file: the web server in front (200), or the store that the
 * client is sent to (302). It has no body, and exactly one header that says where the file is found.
 *
 * @publicApi
 */
export class ProxiedDownloadResponse {
  readonly status: 200 | 302;
  /** All headers, the offload header and `Content-Length: 0` included. */
  readonly headers: ResponseHeaders;
  readonly unconditional: boolean;
  readonly unranged: boolean;
  readonly whole?: ProxiedDownloadResponse;
  readonly description?: DownloadDescription;

  /**
   * @param offloadHeader `X-Accel-Redirect`, `X-Sendfile` or `Location`
   * @param location its value, encoded the way that very server decodes it
   * @param headers the headers that describe the file
   */
  constructor(
    readonly offloadHeader: string,
    readonly location: string,
    headers: ResponseHeaders,
    {
      status = 200,
      unconditional = false,
      unranged = false,
      whole,
      description,
    }: ProxiedDownloadOptions = {},
  ) {
    this.status = status;
    this.unconditional = unconditional;
    this.unranged = unranged;
    this.whole = whole;
    this.description = description;
    this.headers = joinHeaders(headers, {
      'Content-Length': '0',
      [offloadHeader]: location,
    });
  }
}
