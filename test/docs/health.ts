import { Controller, Get, Module } from '@nestjs/common';
import {
  HealthCheck,
  HealthCheckService,
  TerminusModule,
} from '@nestjs/terminus';
import { DownloadHealthIndicator } from 'nestjs-downloadview/terminus';

const canary = 'canary.txt'; // a small file of the storage
const path = `/media/${canary}`; // where a controller hands it out

@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly downloads: DownloadHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  check() {
    return this.health.check([
      () =>
        this.downloads.check('downloads', {
          canary,
          appUrl: `http://127.0.0.1:3000${path}`,
          publicUrl: `${process.env.PUBLIC_URL ?? 'http://localhost'}${path}`,
        }),
    ]);
  }
}

@Module({
  imports: [TerminusModule],
  controllers: [HealthController],
  providers: [DownloadHealthIndicator],
})
export class HealthModule {}
