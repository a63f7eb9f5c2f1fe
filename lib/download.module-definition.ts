import { ConfigurableModuleBuilder } from '@nestjs/common';

import { type DownloadModuleOptions } from './download.options.js';

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
