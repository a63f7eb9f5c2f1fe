import { Controller } from '@nestjs/common';
import { VirtualDownloadController } from 'nestjs-downloadview';

import { SlowFile } from './slow-file.js';

/** What the page cuts off: a file of our own kind has ranges and a tag like any other. */
@Controller('break-it/numbers.txt')
export class SlowDownloadController extends VirtualDownloadController {
  override getFile(): SlowFile {
    return new SlowFile();
  }
}
