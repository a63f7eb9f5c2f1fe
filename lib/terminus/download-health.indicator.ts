import { Injectable } from '@nestjs/common';
import {
  type HealthIndicatorResult,
  HealthIndicatorService,
} from '@nestjs/terminus';

import { DownloadExplainer } from '../interceptors/download-explainer.js';
import { DownloadStorages } from '../storages/download-storages.js';
import { downloadHealth } from './check-downloads.js';
import {
  checkHealthOptions,
  type DownloadHealthOptions,
} from './download-health.js';

/**
 * Whether downloads work, from the storage to the client: an indicator for `@nestjs/terminus`. It asks for
 * one small file, the canary, as clients do.
 *
 * ```ts
 * @Module({ imports: [TerminusModule], controllers: [HealthController], providers: [DownloadHealthIndicator] })
 * class HealthModule {}
 *
 * @Controller('health')
 * class HealthController {
 *   constructor(
 *     private readonly health: HealthCheckService,
 *     private readonly downloads: DownloadHealthIndicator,
 *   ) {}
 *
 *   @Get()
 *   @HealthCheck()
 *   check() {
 *     return this.health.check([
 *       () =>
 *         this.downloads.check('downloads', {
 *           canary: 'canary.txt',
 *           appUrl: 'http://127.0.0.1:3000/public/canary.txt',
 *           publicUrl: 'https://example.com/public/canary.txt',
 *         }),
 *     ]);
 *   }
 * }
 * ```
 *
 * The canary file lies in a storage of `DownloadModule.forRoot({ storages })`, and a route of the application
 * hands it out, by the module's backend. The check has to get through to that route: without login, or with
 * the `headers` that it is given. The answer names no path of the server, so it may be shown to anybody.
 *
 * @publicApi
 */
@Injectable()
export class DownloadHealthIndicator {
  constructor(
    private readonly health: HealthIndicatorService,
    private readonly storages: DownloadStorages,
    private readonly explainer: DownloadExplainer,
  ) {}

  /**
   * Checks four things, and says of each whether it is up: `storage`, it can be read; `application`, it
   * answers with the offload header; `server`, it sends the file; `outside`, clients see no offload header,
   * and the internal location is closed to them. All of them up is up.
   *
   * @param key the name of the result: `downloads`
   * @throws InvalidOptionsError for options that are wrong
   */
  async check<const Key extends string>(
    key: Key,
    options: DownloadHealthOptions,
  ): Promise<HealthIndicatorResult<Key>> {
    const checked = checkHealthOptions(options);
    const storage = this.storages.get(checked.storage);
    const parts = {
      ...(await downloadHealth(storage, this.explainer, checked)),
    };
    const isUp = Object.values(parts).every(({ status }) => status === 'up');
    const session = this.health.check(key);
    return isUp ? session.up(parts) : session.down(parts);
  }
}
