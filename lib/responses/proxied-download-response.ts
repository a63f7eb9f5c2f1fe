import { type ResponseHeaders } from './response-headers.js';

/**
 * An answer that makes the web server in front send the file: 200, no body, and exactly one header
 * that says where the server finds it.
 *
 * @publicApi
 */
export class ProxiedDownloadResponse {
  readonly status = 200;
  /** All headers, the offload header and `Content-Length: 0` included. */
  readonly headers: ResponseHeaders;

  /**
   * @param offloadHeader `X-Accel-Redirect` or `X-Sendfile`
   * @param location its value, encoded the way that very server decodes it
   * @param headers the headers that describe the file
   */
  constructor(
    readonly offloadHeader: string,
    readonly location: string,
    headers: ResponseHeaders,
  ) {
    this.headers = {
      ...headers,
      'Content-Length': '0',
      [offloadHeader]: location,
    };
  }
}
