import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Injectable,
  UseGuards,
} from '@nestjs/common';
import { SignedUrl } from 'nestjs-downloadview';
import { LimitedLinks } from 'nestjs-downloadview/typeorm';
import { type Request } from 'express';

import { DocumentInlineController } from './document-download.controller.js';

/** A link that was taken back or has expired shows nothing any more. */
@Injectable()
class LinkOpenGuard implements CanActivate {
  constructor(private readonly links: LimitedLinks) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { params } = context.switchToHttp().getRequest<Request>();
    const link = await this.links.find(String(params.link));
    return link?.state === 'open';
  }
}

/**
 * What the page of a link shows of its document: a film, a sound or a PDF, by parts as the browser's player asks
 * for them. Its address was signed for that page, and is good for as long as the link.
 */
@Controller('shown/:link/:id')
@SignedUrl()
@UseGuards(LinkOpenGuard)
export class ShownDocumentController extends DocumentInlineController {}
