import {
  ConfigurableModuleBuilder,
  Logger,
  type Provider,
} from '@nestjs/common';

import { DownloadCompletions } from './completions/download-completions.js';
import {
  type CheckedDownloadOptions,
  checkDownloadOptions,
  DOWNLOAD_OPTIONS,
  type DownloadModuleOptions,
} from './download.options.js';
import { quote } from './errors/download-errors.js';
import { TemporaryFiles } from './files/temporary-files.js';
import { bindSignedUrls } from './signing/signed-urls.js';
import { UrlSigner } from './signing/url-signer.js';
import { DownloadStorages } from './storages/download-storages.js';

/**
 * What forRoot and forRootAsync take besides the options.
 *
 * @publicApi
 */
export interface DownloadModuleExtras {
  /** Whether DownloadStorages and UrlSigner can be injected everywhere; true by default. */
  isGlobal?: boolean;
}

/** @internal */
export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<DownloadModuleOptions>({
    moduleName: 'Download',
  })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createDownloadOptions')
    .setExtras<DownloadModuleExtras>(
      { isGlobal: true },
      (definition, { isGlobal }) => ({
        ...definition,
        global: isGlobal,
      }),
    )
    .build();

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
    provide: DownloadCompletions,
    useFactory: ({
      completions,
    }: CheckedDownloadOptions): DownloadCompletions =>
      new DownloadCompletions(completions, (error) =>
        new Logger('DownloadModule').warn(
          `completions.file cannot be read: ${quote(error.message)}`,
        ),
      ),
    inject: [DOWNLOAD_OPTIONS],
  },
  {
    provide: TemporaryFiles,
    useFactory: ({ temporaryFiles }: CheckedDownloadOptions): TemporaryFiles =>
      new TemporaryFiles(temporaryFiles),
    inject: [DOWNLOAD_OPTIONS],
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
