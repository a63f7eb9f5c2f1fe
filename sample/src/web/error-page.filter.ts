import { type ArgumentsHost, Catch, HttpException } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { type Request, type Response } from 'express';

import { errorPage } from '../page/error.page.js';
import { pageHeaders } from '../page/page.decorator.js';

/** Tells people what went wrong; programs get Nest's own JSON. */
@Catch(HttpException)
export class ErrorPageFilter extends BaseExceptionFilter {
  override catch(exception: HttpException, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const response = http.getResponse<Response>();
    response.vary('Accept');
    if (http.getRequest<Request>().accepts(['json', 'html']) !== 'html') {
      super.catch(exception, host);
      return;
    }
    const status = exception.getStatus();
    response.status(status).set(pageHeaders);
    response.send(errorPage(status, exception.message));
  }
}
