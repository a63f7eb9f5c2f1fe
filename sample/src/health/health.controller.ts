import { type Server } from 'node:http';
import { type AddressInfo } from 'node:net';

import {
  Controller,
  Get,
  Req,
  Res,
  ServiceUnavailableException,
} from '@nestjs/common';
import { type AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core';
import {
  HealthCheck,
  type HealthCheckResult,
  HealthCheckService,
} from '@nestjs/terminus';
import { type Request, type Response } from 'express';
import { DownloadHealthIndicator } from 'nestjs-downloadview/terminus';

import { healthPage } from '../page/health.page.js';
import { pageHeaders } from '../page/page.decorator.js';
import { guide } from '../seed/first-documents.js';

/**
 * Whether downloads work, and if not, what of the way from the storage to the client is broken. Probes get
 * JSON, people a page.
 */
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly downloads: DownloadHealthIndicator,
    private readonly adapterHost: HttpAdapterHost<AbstractHttpAdapter<Server>>,
  ) {}

  @Get()
  @HealthCheck()
  async check(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<HealthCheckResult | string> {
    const result = await this.#result();
    response.status(result.status === 'ok' ? 200 : 503).vary('Accept');
    if (request.accepts(['json', 'html']) !== 'html') return result;
    response.set(pageHeaders);
    return healthPage(result);
  }

  async #result(): Promise<HealthCheckResult> {
    const { port } = this.adapterHost.httpAdapter
      .getHttpServer()
      .address() as AddressInfo;
    const application = `http://127.0.0.1:${port}`;
    const path = `/public/${guide.key}`;
    try {
      return await this.health.check([
        () =>
          this.downloads.check('downloads', {
            storage: 'public',
            canary: guide.key,
            appUrl: application + path,
            publicUrl: (process.env.PUBLIC_URL || application) + path,
          }),
      ]);
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      return error.getResponse() as HealthCheckResult;
    }
  }
}
