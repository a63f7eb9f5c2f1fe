import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { LimitedLink } from 'nestjs-downloadview/typeorm';

import { DocumentsModule } from '../documents/documents.module.js';
import { LinkMessage } from './link-message.entity.js';
import { SharingController } from './sharing.controller.js';
import { SharingService } from './sharing.service.js';

@Module({
  imports: [
    DocumentsModule,
    TypeOrmModule.forFeature([LimitedLink, LinkMessage]),
  ],
  controllers: [SharingController],
  providers: [SharingService],
  exports: [SharingService],
})
export class SharingModule {}
