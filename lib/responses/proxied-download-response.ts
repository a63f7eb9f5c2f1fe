import { type DownloadDescription } from './describe.js';
import { joinHeaders } from './response-headers.js';
import { type ResponseHeaders } from './response-headers.js';

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
