import { type ArgumentsHost, Catch, HttpException } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { type Request, type Response } from 'express';

import { errorPage } from '../page/error.page.js';
import { pageHeaders } from '../page/page.decorator.js';

/** Tells people what went wrong; programs get Nest's own JSON. */
@Catch()
export class ErrorPageFilter extends BaseExceptionFilter {
  override catch(exception: unknown, host: ArgumentsHost): void {
    if (isUploadGivenUp(exception)) return;
    const http = host.switchToHttp();
    const response = http.getResponse<Response>();
    if (response.headersSent) return super.catch(exception, host);
    response.vary('Accept').removeHeader('Content-Type'); // of a page that was to be
    const request = http.getRequest<Request>();
    if (request.accepts(['json', 'html']) === 'html') {
      const [status, message] = told(exception);
      response.status(status).set(pageHeaders);
      const isGuest = /^\/(?:links|shared|shown)\//.test(request.path);
      response.send(errorPage(status, message, isGuest));
      if (exception instanceof HttpException) return;
    }
    super.catch(exception, host); // logs what nobody has expected
  }
}

function told(exception: unknown): [status: number, message: string] {
  return exception instanceof HttpException
    ? [exception.getStatus(), exception.message]
    : [500, ''];
}

/** Multer's words. Nobody is there to be told, and nothing is wrong here. */
function isUploadGivenUp(exception: unknown): boolean {
  return exception instanceof Error && exception.message === 'Request aborted';
}
