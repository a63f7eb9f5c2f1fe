import { UseGuards } from '@nestjs/common';
import { PathDownloadController } from 'nestjs-downloadview';

import { directories } from '../directories.js';
import { MembersGuard } from './members.guard.js';

const root = directories.assets;

/** One file of a directory needs no class of its own. */
export const TermsController = PathDownloadController.asController(
  'terms.txt',
  { root, path: 'terms.txt', attachment: false },
);

/** Decorators go along: this file is for members. */
export const HandbookController = PathDownloadController.asController(
  'members/handbook.txt',
  { root, path: 'handbook.txt', decorators: [UseGuards(MembersGuard)] },
);
