import { Module } from '@nestjs/common';

import { DocumentsModule } from '../documents/documents.module.js';
import { SharingModule } from '../sharing/sharing.module.js';
import { HandbookController, TermsController } from './application-files.js';
import {
  DocumentDownloadController,
  DocumentInlineController,
} from './document-download.controller.js';
import { DocumentListController } from './document-list.controller.js';
import { DocumentsArchiveController } from './documents-archive.controller.js';
import { LimitedDownloadController } from './limited-download.controller.js';
import { PartnerDownloadController } from './partner-download.controller.js';
import { PartnerServer } from './partner-server.js';
import { PublicDownloadController } from './public-download.controller.js';
import { ReportsController } from './reports.controller.js';
import { SharedDownloadController } from './shared-download.controller.js';
import { ShownDocumentController } from './shown-document.controller.js';
import { ThumbnailController } from './thumbnail.controller.js';

/** One controller for each kind of file. */
@Module({
  imports: [DocumentsModule, SharingModule],
  controllers: [
    DocumentDownloadController, // the file of a row
    DocumentInlineController,
    ThumbnailController, // ... and one that is made of it, once
    SharedDownloadController, // the same, by a signed link
    LimitedDownloadController, // ... and by one that is counted
    ShownDocumentController, // ... and as the page of such a link shows it
    PublicDownloadController, // a file of a storage
    TermsController, // a file of a directory
    HandbookController,
    PartnerDownloadController, // a file of another server
    DocumentListController, // a file that is made on the way
    DocumentsArchiveController, // many files as one
    ReportsController, // handlers of an ordinary controller
  ],
  providers: [
    { provide: PartnerServer, useFactory: () => PartnerServer.start() },
  ],
})
export class DownloadsModule {}
