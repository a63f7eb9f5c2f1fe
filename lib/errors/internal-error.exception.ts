import {
  HttpException,
  type HttpExceptionOptions,
  HttpStatus,
} from '@nestjs/common';

/**
 * With the body that Nest gives an unknown error, which it would log once more.
 *
 * @internal
 */
export class InternalErrorException extends HttpException {
  constructor(_body?: undefined, options?: HttpExceptionOptions) {
    const statusCode = HttpStatus.INTERNAL_SERVER_ERROR;
    const message = 'Internal server error';
    super({ statusCode, message }, statusCode, options);
  }
}
