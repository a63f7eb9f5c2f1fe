import { Module } from '@nestjs/common';
import { MulterModule } from '@nestjs/platform-express';
import { TypeOrmModule } from '@nestjs/typeorm';

import { ActivityModule } from '../activity/activity.module.js';
import { directories } from '../directories.js';
import { Document } from './document.entity.js';
import { DocumentsController } from './documents.controller.js';
import { DocumentsService } from './documents.service.js';
import { PicturesService } from './pictures.service.js';
import { PreviewsService } from './previews.service.js';
import { uploadLimit } from './upload-limit.js';
import { UploadsService } from './uploads.service.js';

@Module({
  imports: [
    ActivityModule,
    TypeOrmModule.forFeature([Document]),
    MulterModule.register({
      dest: directories.uploads,
      limits: { fileSize: uploadLimit, files: 100 },
      // Browsers send names as UTF-8 and do not say so.
      defParamCharset: 'utf8',
    }),
  ],
  controllers: [DocumentsController],
  providers: [
    DocumentsService,
    PicturesService,
    PreviewsService,
    UploadsService,
  ],
  exports: [DocumentsService, PicturesService, PreviewsService, TypeOrmModule],
})
export class DocumentsModule {}
