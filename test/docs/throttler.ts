import { resolve } from 'node:path';

import { Controller, Module, UseGuards } from '@nestjs/common';
import { Throttle, ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { DownloadModule, PathDownloadController } from 'nestjs-downloadview';

@Controller('manuals/*path')
@UseGuards(ThrottlerGuard)
@Throttle({ default: { limit: 300, ttl: 60_000 } }) // each part of a download is a request
export class ThrottledController extends PathDownloadController {
  root = resolve('manuals');
}

@Module({
  imports: [
    DownloadModule.forRoot(),
    ThrottlerModule.forRoot([{ limit: 10, ttl: 60_000 }]), // for all other routes
  ],
  controllers: [ThrottledController],
})
export class ThrottledModule {}
