import { Module } from '@nestjs/common';

import { DocumentsModule } from '../documents/documents.module.js';
import { BreakItController } from './break-it.controller.js';
import { SlowDownloadController } from './slow-download.controller.js';

@Module({
  imports: [DocumentsModule],
  controllers: [BreakItController, SlowDownloadController],
})
export class BreakItModule {}
