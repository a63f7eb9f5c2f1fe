import { Inject, Injectable, Logger } from '@nestjs/common';

import {
  type CheckedDownloadOptions,
  DOWNLOAD_OPTIONS,
} from '../download.options.js';
import {
  type ProxiableRequest,
  type DownloadExplanation,
} from '../responses/download-backend.js';
import { DownloadResponse } from '../responses/download-response.js';
import { explainOffload } from './explain-offload.js';

/**
 * Says what would become of a download: who sends it, from where, which headers get lost on the way, and
 * why the server in front does not send it where it does not. Inject it; the module provides it.
 *
 * ```ts
 * constructor(private readonly explainer: DownloadExplainer) {}
 * // ...
 * const response = new DownloadResponse(new LocalFile('/srv/media/a.pdf'));
 * const { offloaded, reason } = await this.explainer.explain(response, request);
 * ```
 *
 * @publicApi
 */
@Injectable()
export class DownloadExplainer {
  readonly #logger = new Logger('DownloadModule');

  constructor(
    @Inject(DOWNLOAD_OPTIONS) private readonly options: CheckedDownloadOptions,
  ) {}

  /**
   * Sends and changes nothing; the file is asked for its facts, and hooks of the download are called, as
   * they would be for the request.
   *
   * @param request a request of either adapter, or just its method and headers; a plain GET by default
   * @throws FileNotFoundError where there is no such file
   * @throws StorageUnavailableError, RemoteFileError where it cannot be asked
   */
  explain(
    { file, presentation }: DownloadResponse,
    {
      method,
      headers,
    }: Pick<ProxiableRequest, 'method' | 'headers'> = PLAIN_GET,
  ): Promise<DownloadExplanation> {
    // A copy: the response itself remembers what it was told first.
    const download = new DownloadResponse(file, presentation);
    download.setDefaults(this.options);
    const report = (message: string): void => this.#logger.warn(message);
    return explainOffload(
      download,
      { method, headers, report },
      presentation.backend ?? this.options.backend,
    );
  }
}

const PLAIN_GET = { method: 'GET', headers: {} };
