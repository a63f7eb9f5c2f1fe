import { type Server } from 'node:http';
import { type AddressInfo } from 'node:net';

import { Catch, Controller, Get, UseFilters } from '@nestjs/common';
import {
  type AbstractHttpAdapter,
  BaseExceptionFilter,
  HttpAdapterHost,
} from '@nestjs/core';
import {
  HealthCheck,
  type HealthCheckResult,
  HealthCheckService,
} from '@nestjs/terminus';
import { DownloadHealthIndicator } from 'nestjs-downloadview/terminus';

import { guide } from '../seed/first-documents.js';

/** People, too, are told what the check has found: no page of ours says it. */
@Catch()
class HealthFilter extends BaseExceptionFilter {}

/** Whether downloads work, and if not, what of the way from the storage to the client is broken. */
@Controller('health')
@UseFilters(HealthFilter)
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly downloads: DownloadHealthIndicator,
    private readonly adapterHost: HttpAdapterHost<AbstractHttpAdapter<Server>>,
  ) {}

  @Get()
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    const { port } = this.adapterHost.httpAdapter
      .getHttpServer()
      .address() as AddressInfo;
    const application = `http://127.0.0.1:${port}`;
    const path = `/public/${guide.key}`;
    return this.health.check([
      () =>
        this.downloads.check('downloads', {
          storage: 'public',
          canary: guide.key,
          appUrl: application + path,
          publicUrl: (process.env.PUBLIC_URL || application) + path,
        }),
    ]);
  }
}
