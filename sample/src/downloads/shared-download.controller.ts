import { Controller } from '@nestjs/common';
import { SignedUrl } from 'nestjs-downloadview';

import { DocumentDownloadController } from './document-download.controller.js';

/**
 * A document for whoever has a link that was signed for it, until that expires: nothing is kept of such
 * links, the signature is all there is. The id keeps an old link from leading to a new document of that name.
 */
@Controller('shared/:id/:slug')
@SignedUrl()
export class SharedDownloadController extends DocumentDownloadController {}
