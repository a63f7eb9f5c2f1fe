// @nestjs/throttler is CommonJS, and requires Nest: jest cannot, Node can.
import { type ExecutionContext, Injectable, UseGuards } from '@nestjs/common';
import { ThrottlerGuard } from '@nestjs/throttler';
import { PathDownloadController } from 'nestjs-downloadview';

import { startApplication } from './application.js';

/** Counts downloads, not their parts: what asks for a range passes. */
@Injectable()
class WholeDownloadsGuard extends ThrottlerGuard {
  protected override shouldSkip(context: ExecutionContext): Promise<boolean> {
    const { headers } = context
      .switchToHttp()
      .getRequest<{ headers: Record<string, unknown> }>();
    return Promise.resolve(headers.range !== undefined);
  }
}

process.chdir(process.argv[2]);
const root = `${process.argv[2]}/manuals`;
const { ThrottledModule } = await import('../docs/throttler.js');
const { origin } = await startApplication('express', {
  downloadModule: ThrottledModule,
  controllers: [
    PathDownloadController.asController('counted/*path', {
      root,
      decorators: [UseGuards(ThrottlerGuard)],
    }),
    PathDownloadController.asController('skipped/*path', {
      root,
      decorators: [UseGuards(WholeDownloadsGuard)],
    }),
  ],
});
process.send?.(origin);
