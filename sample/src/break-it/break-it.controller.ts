import {
  Body,
  Controller,
  Get,
  Post,
  Redirect,
  Req,
  UseGuards,
} from '@nestjs/common';
import { type Request } from 'express';
import { DownloadStorages, UrlSigner } from 'nestjs-downloadview';

import { DocumentsService } from '../documents/documents.service.js';
import { breakItPage } from '../page/break-it.page.js';
import { Page } from '../page/page.decorator.js';
import { guide } from '../seed/first-documents.js';
import { publicOrigin } from '../web/public-origin.js';
import { SameOriginGuard } from '../web/same-origin.guard.js';
import { InternalLine } from './internal-line.js';

const HOUR = 3600;

/** What goes wrong with downloads, on purpose. */
@Controller('break-it')
@UseGuards(SameOriginGuard)
export class BreakItController {
  constructor(
    private readonly documents: DocumentsService,
    private readonly storages: DownloadStorages,
    private readonly signer: UrlSigner,
    private readonly internalLine: InternalLine,
  ) {}

  @Get()
  @Page()
  async page(@Req() request: Request): Promise<string> {
    const document = await this.documents.latest();
    return breakItPage({
      origin: publicOrigin(request),
      signed:
        document &&
        this.signer.sign(`/shared/${document.id}/${document.slug}`, {
          expiresIn: HOUR,
        }),
      isWhole: await this.storages.get('public').exists(guide.key),
      isInternal: this.internalLine.nginx && this.internalLine.isThere,
    });
  }

  /** Lets everybody past the application, or nobody any more. */
  @Post('internal')
  @Redirect('/health', 303)
  async internal(@Body('action') action: string): Promise<void> {
    await this.internalLine.set(action !== 'away');
  }

  /** Takes the file away that the health check looks for, or puts it back. */
  @Post('canary')
  @Redirect('/health', 303)
  async canary(@Body('action') action: string): Promise<void> {
    const files = this.storages.get('public');
    if (action === 'away') await files.delete(guide.key);
    else if (!(await files.exists(guide.key))) {
      await files.save(guide.key, guide.text);
    }
  }
}
