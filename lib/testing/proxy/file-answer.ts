import {
  contentRange,
  planMultipart,
  type ByteRange,
} from '../../http/range.js';
import { type ServerAnswer } from './fake-server.js';
import { type Field, namesOf, valueOf, without } from './fields.js';

const BOUNDARY = '00000000000000000001';

/**
 * The answer with a file, or with ranges of it (RFC 9110 sections 15.3.1, 15.3.7 and 14.6).
 *
 * @param fields of both; Content-Length and Content-Range join them
 * @param ranges undefined for the whole file
 * @internal
 */
export function fileAnswer(
  fields: readonly Field[],
  size: number,
  ranges?: readonly ByteRange[],
): ServerAnswer {
  if (!ranges) {
    const body = size > 0 ? [{ start: 0, end: size - 1 }] : [];
    return { status: 200, fields: [...fields, lengthField(size)], body };
  }
  const [range, second] = ranges;
  if (second === undefined) {
    const { start, end } = range;
    return {
      status: 206,
      fields: [
        ...fields,
        lengthField(end - start + 1),
        ['Content-Range', contentRange(range, size)],
      ],
      body: [range],
    };
  }
  const type = valueOf(fields, 'content-type') ?? 'application/octet-stream';
  const plan = planMultipart([...ranges], size, type, BOUNDARY);
  return {
    status: 206,
    fields: [
      ...without(fields, namesOf('Content-Type')),
      ['Content-Type', plan.contentType],
      lengthField(plan.length),
    ],
    body: [
      ...plan.parts.flatMap(({ head, range }) => [head, range]),
      plan.tail,
    ],
  };
}

/**
 * An answer of the server's own.
 *
 * @internal
 */
export function textAnswer(
  status: number,
  fields: readonly Field[],
  text: string,
): ServerAnswer {
  const body = Buffer.from(text);
  return {
    status,
    fields: [...fields, lengthField(body.length)],
    body: [body],
  };
}

function lengthField(length: number): Field {
  return ['Content-Length', String(length)];
}
