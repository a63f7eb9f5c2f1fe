import {
  InvalidOptionsError,
  RemoteFileError,
} from '../errors/download-errors.js';
import { type DownloadFile } from '../files/download-file.js';
import {
  HttpFile,
  checkAllowedHosts,
  checkLimits,
  DEFAULT_TIMEOUT,
} from '../files/http-file.js';
import { allowedUrl } from '../files/http-file-url.js';
import { type Awaitable } from '../storages/awaitable.js';
import { checksAtOnce, nameOfController } from './as-controller.js';
import { DownloadController } from './download.controller.js';
import { type DownloadRequest } from '../http/download-request.js';

/**
 * Hands out a file of another server.
 *
 * ```ts
 * @Controller('logo')
 * class LogoController extends HttpDownloadController {
 *   url = 'https://assets.example.com/logo.png';
 *   allowedHosts = ['assets.example.com'];
 * }
 * ```
 *
 * @publicApi
 */
export abstract class HttpDownloadController extends DownloadController {
  /** The address; override `getUrl()` where it depends on the request. */
  url?: string;
  /**
   * The servers that may be asked, and redirected to: `host` or `host:port`, compared exactly. One whose
   * address is not public is asked only where it stands here with its port.
   */
  allowedHosts!: string[];
  /** Milliseconds for connecting, for the headers, and between two pieces of the body, each. */
  timeout = DEFAULT_TIMEOUT;
  /** Bytes; no limit by default. */
  maxSize?: number;

  override checkOptions(parameters: readonly string[]): void {
    super.checkOptions(parameters);
    const name = nameOfController(this.constructor);
    const { prototype } = HttpDownloadController;
    if (this.getAllowedHosts === prototype.getAllowedHosts) {
      checkAllowedHosts(name, this.allowedHosts);
    }
    checkLimits(name, this);
    if (this.getUrl === prototype.getUrl) this.#checkUrl(name);
  }

  #checkUrl(name: string): void {
    const { prototype } = HttpDownloadController;
    if (this.url === undefined) {
      throw new InvalidOptionsError(
        `${name}.url`,
        undefined,
        'Give an address, or override getUrl().',
      );
    }
    if (this.getAllowedHosts !== prototype.getAllowedHosts) return;
    try {
      allowedUrl(this.url, this.allowedHosts);
    } catch (error) {
      if (!(error instanceof RemoteFileError)) throw error;
      throw new InvalidOptionsError(
        `${name}.url`,
        this.url,
        `It would always be refused: ${error.message}.`,
      );
    }
  }

  /** @internal */
  override describeSource(): ReturnType<DownloadController['describeSource']> {
    const { prototype } = HttpDownloadController;
    const source = super.describeSource();
    if (!source || this.getFile !== prototype.getFile) return source;
    const url = this.getUrl === prototype.getUrl ? this.url : undefined;
    return { ...source, place: { url, isRemote: true } };
  }

  // The first signature: an override need not be asynchronous.
  override getFile(request: DownloadRequest): Awaitable<DownloadFile>;
  async getFile(request: DownloadRequest): Promise<DownloadFile> {
    return new HttpFile(await this.getUrl(request), {
      allowedHosts: await this.getAllowedHosts(request),
      timeout: await this.getTimeout(request),
      maxSize: await this.getMaxSize(request),
    });
  }

  /** The hosts that may be asked, `host` or `host:port`; `allowedHosts` by default. */
  getAllowedHosts(_request: DownloadRequest): Awaitable<readonly string[]> {
    return this.allowedHosts;
  }

  /** Milliseconds for connecting, for the headers, and for each pause of the body; `timeout` by default. */
  getTimeout(_request: DownloadRequest): Awaitable<number> {
    return this.timeout;
  }

  /** The most bytes that are passed on, undefined for any number; `maxSize` by default. */
  getMaxSize(_request: DownloadRequest): Awaitable<number | undefined> {
    return this.maxSize;
  }

  /** The address of the file, by http or https; `url` by default. */
  getUrl(_request: DownloadRequest): Awaitable<string> {
    return this.url ?? '';
  }
}

checksAtOnce(HttpDownloadController);
