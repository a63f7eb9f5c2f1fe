import { type DynamicModule, Module } from '@nestjs/common';
import { type DataSource } from 'typeorm';

import { InvalidOptionsError } from '../../errors/download-errors.js';
import { UrlSigner } from '../../signing/url-signer.js';
import { limitedLinkEntities } from './limited-link.entity.js';
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
          useFactory: (source: DataSource, signer: UrlSigner) => {
            requireEntities(source);
            return new LimitedLinks(source, signer, times);
          },
          inject: [dataSource, UrlSigner],
        },
      ],
      exports: [LimitedLinks],
    };
  }
}

/** One that is not initialised yet does not know its entities. */
function requireEntities(source: DataSource): void {
  if (!source.isInitialized) return;
  if (limitedLinkEntities.every((entity) => source.hasMetadata(entity))) return;
  throw new InvalidOptionsError(
    'LimitedLinksModule.dataSource',
    'one that does not know the entities of limited links',
    'Give it them, TypeOrmModule.forRoot({ entities: [...limitedLinkEntities] }), and their tables by `migrations: [...limitedLinkMigrations]`.',
  );
}
