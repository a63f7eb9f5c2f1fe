import { describe, expect, it } from '@jest/globals';
import { HttpException } from '@nestjs/common';
import {
  FileChangedError,
  FileNotFoundError,
  InvalidSignatureError,
  RemoteFileError,
  StorageUnavailableError,
  SuspiciousPathError,
} from 'nestjs-downloadview';

import { toHttpException } from '../../../lib/interceptors/http-exceptions.js';

const SECRET = '/srv/secret/a.txt';

describe('toHttpException', () => {
  it.each<[Error, number, string]>([
    [new FileNotFoundError(SECRET), 404, 'Not Found'],
    [new SuspiciousPathError(SECRET), 404, 'Not Found'],
    [new InvalidSignatureError(SECRET), 403, 'Forbidden'],
    [new StorageUnavailableError(SECRET), 503, 'Service Unavailable'],
    [new FileChangedError(SECRET), 503, 'Service Unavailable'],
    [new RemoteFileError('timed-out', SECRET), 504, 'Gateway Timeout'],
    [new RemoteFileError('refused', SECRET), 502, 'Bad Gateway'],
    [new RemoteFileError('too-large', SECRET), 502, 'Bad Gateway'],
    [new RemoteFileError('not-allowed', SECRET), 502, 'Bad Gateway'],
  ])('makes of %p the status %d', (error, status, message) => {
    const exception = toHttpException(error);
    if (!(exception instanceof HttpException)) throw exception;
    expect(exception.getStatus()).toBe(status);
    expect(exception.message).toBe(message);
    expect(JSON.stringify(exception.getResponse())).not.toContain('secret');
    expect(exception.cause).toBe(error);
  });

  it.each([[new Error('other')], ['a string'], [undefined]])(
    'leaves %p as it is',
    (error) => expect(toHttpException(error)).toBe(error),
  );
});
