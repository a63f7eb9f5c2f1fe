import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { DownloadHealthIndicator } from 'nestjs-downloadview/terminus';

import { HealthController } from './health.controller.js';

@Module({
  imports: [TerminusModule],
  controllers: [HealthController],
  providers: [DownloadHealthIndicator],
})
export class HealthModule {}
