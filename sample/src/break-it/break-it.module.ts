import { Module } from '@nestjs/common';

import { DocumentsModule } from '../documents/documents.module.js';
import { BreakItController } from './break-it.controller.js';
import { InternalLine } from './internal-line.js';
import { SlowDownloadController } from './slow-download.controller.js';

@Module({
  imports: [DocumentsModule],
  controllers: [BreakItController, SlowDownloadController],
  providers: [InternalLine],
})
export class BreakItModule {}
