import { Module } from '@nestjs/common';

import { DocumentsModule } from '../documents/documents.module.js';
import { SharingController } from './sharing.controller.js';
import { SharingService } from './sharing.service.js';

@Module({
  imports: [DocumentsModule],
  controllers: [SharingController],
  providers: [SharingService],
})
export class SharingModule {}
