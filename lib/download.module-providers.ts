import { type Provider } from '@nestjs/common';

import { MODULE_OPTIONS_TOKEN } from './download.module-definition.js';
import {
  type CheckedDownloadOptions,
  checkDownloadOptions,
  DOWNLOAD_OPTIONS,
} from './download.options.js';
import { bindSignedUrls } from './signing/signed-urls.js';
import { UrlSigner } from './signing/url-signer.js';
import { DownloadStorages } from './storages/download-storages.js';

/**
 * What the module makes of its options.
 *
 * @internal
 */
export const OPTION_PROVIDERS: Provider[] = [
  {
    provide: DOWNLOAD_OPTIONS,
    useFactory: checkDownloadOptions,
    inject: [MODULE_OPTIONS_TOKEN],
  },
  {
    provide: UrlSigner,
    useFactory: ({ signing }: CheckedDownloadOptions): UrlSigner =>
      new UrlSigner(signing),
    inject: [DOWNLOAD_OPTIONS],
  },
  {
    provide: DownloadStorages,
    useFactory: (
      { storages }: CheckedDownloadOptions,
      signer: UrlSigner,
    ): DownloadStorages => {
      bindSignedUrls(storages, signer);
      return new DownloadStorages(storages);
    },
    inject: [DOWNLOAD_OPTIONS, UrlSigner],
  },
];
