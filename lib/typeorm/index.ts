// Needs typeorm. Files in entities: columns that hold keys, on properties that are files.
export { FileColumn, type FileColumnOptions } from './file-column.js';
export { NewFile, type NewFileStoreOptions } from './new-file.js';
export {
  FileColumnsModule,
  type FileColumnsModuleOptions,
  bindFileColumns,
} from './file-columns.module.js';

// Downloads at once, counted over processes.
export { DatabaseSlots, type DatabaseSlotsOptions } from './database-slots.js';
export {
  CreateDownloadSlots1797000000000,
  downloadSlotEntities,
  downloadSlotMigrations,
} from './download-slot.entity.js';

// Limited links: they work once, some times, or until they are revoked.
export {
  CreateLimitedLinks1790000000000,
  DescribeLimitedLinks1795000000000,
  limitedLinkMigrations,
} from './limited-links/limited-link-migrations.js';
export {
  limitedLinkEntities,
  LimitedLink,
  type LimitedLinkState,
  LimitedLinkGrant,
} from './limited-links/limited-link.entity.js';
export { LimitedLinkDownloadController } from './limited-links/limited-link-download.controller.js';
export {
  type LimitedLinkFilter,
  type LimitedLinkOptions,
  type LimitedLinkOwner,
  type LimitedLinkPaging,
  type LimitedLinksModuleOptions,
} from './limited-links/limited-link-options.js';
export { type LimitedLinkEvent } from './limited-links/link-events.js';
export {
  type LimitedLinkList,
  type LimitedLinkUse,
} from './limited-links/link-list.js';
export { type LimitedLinkPage } from './limited-links/link-page.js';
export {
  type CreatedLimitedLink,
  LimitedLinks,
} from './limited-links/limited-links.js';
export { LimitedLinksModule } from './limited-links/limited-links.module.js';
