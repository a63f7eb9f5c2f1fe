import { HttpException, HttpStatus } from '@nestjs/common';

import { unsatisfiedRange } from '../http/range.js';
import { type PlatformResponse } from '../streaming/platform-response.js';

/**
 * The exception for a range that a file does not have, with Content-Range set on its answer (RFC 9110
 * 15.5.17).
 *
 * @param size of the file; undefined where it is not known
 * @internal
 */
export function rangeNotSatisfiable(
  response: PlatformResponse,
  size: number | undefined,
): HttpException {
  if (size !== undefined) {
    response.setHeader('Content-Range', unsatisfiedRange(size));
  }
  return new HttpException(
    'Range Not Satisfiable',
    HttpStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
  );
}
