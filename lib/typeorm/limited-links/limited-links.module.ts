import { type DynamicModule, Module } from '@nestjs/common';
import { type DataSource } from 'typeorm';

import { UrlSigner } from '../../signing/url-signer.js';
import {
  checkModuleOptions,
  type LimitedLinksModuleOptions,
} from './limited-link-options.js';
import { LimitedLinks } from './limited-links.js';

/**
 * Limited links for the whole application, beside `DownloadModule.forRoot({ signing })` and
 * `TypeOrmModule.forRoot({ entities: [...limitedLinkEntities] })`.
 *
 * @publicApi
 */
@Module({})
export class LimitedLinksModule {
  /** @throws InvalidOptionsError for an option that is unknown or wrong */
  static forRoot(options: LimitedLinksModuleOptions = {}): DynamicModule {
    const { dataSource, imports, ...times } = checkModuleOptions(options);
    return {
      module: LimitedLinksModule,
      global: true,
      imports,
      providers: [
        {
          provide: LimitedLinks,
          useFactory: (source: DataSource, signer: UrlSigner) =>
            new LimitedLinks(source, signer, times),
          inject: [dataSource, UrlSigner],
        },
      ],
      exports: [LimitedLinks],
    };
  }
}
