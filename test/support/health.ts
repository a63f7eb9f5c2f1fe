import { Controller, Get } from '@nestjs/common';
import {
  HealthCheck,
  HealthCheckService,
  TerminusModule,
} from '@nestjs/terminus';
import {
  type DownloadHealth,
  DownloadHealthIndicator,
  type DownloadHealthOptions,
} from 'nestjs-downloadview/terminus';

import { type ApplicationParts } from './application.js';
import { httpRequest } from './clients/http-client.js';

/** An application's parts with `/health`; the addresses are known when it listens. */
export function withHealth(
  parts: ApplicationParts,
  options: () => DownloadHealthOptions,
): ApplicationParts {
  @Controller('health')
  class HealthController {
    constructor(
      private readonly health: HealthCheckService,
      private readonly downloads: DownloadHealthIndicator,
    ) {}

    @Get()
    @HealthCheck()
    check() {
      return this.health.check([
        () => this.downloads.check('downloads', options()),
      ]);
    }
  }

  return {
    ...parts,
    imports: [...(parts.imports ?? []), TerminusModule],
    controllers: [...(parts.controllers ?? []), HealthController],
    providers: [...(parts.providers ?? []), DownloadHealthIndicator],
  };
}

export interface ToldHealth extends DownloadHealth {
  readonly status: 'up' | 'down';
}

/** What `/health` says, and with which status. */
export async function healthOf(
  origin: string,
): Promise<{ code: number; health: ToldHealth; text: string }> {
  const { status, text } = await httpRequest(origin, '/health');
  const { details } = JSON.parse(text) as {
    details: { downloads: ToldHealth };
  };
  return { code: status, health: details.downloads, text };
}
