import { quote } from '../errors/quote.js';
import { OFFLOAD_HEADERS } from '../responses/response-headers.js';
import { mismatch, type Mismatch } from './expectation.js';
import { fieldValue, type ReadResponse } from './test-response.js';

const OFFLOAD_FIELDS = new Set(
  OFFLOAD_HEADERS.map((name) => name.toLowerCase()),
);

/**
 * The headers that tell a server to send a file, with their values.
 *
 * @internal
 */
export function offloadFields({
  fields,
}: ReadResponse): ReadResponse['fields'] {
  return fields.filter(([name]) => OFFLOAD_FIELDS.has(name));
}

/**
 * What is wrong with an answer that is to make the server send a file: 200, no body, and exactly one offload
 * header, this one.
 *
 * @param name of the header, in lower case
 * @internal
 */
export function wrongOffload(response: ReadResponse, name: string): Mismatch[] {
  const status = wrongStatus(response, [200]);
  if (status.length > 0) return status;
  const wrong: Mismatch[] = [];
  const offloads = offloadFields(response);
  const [offload] = offloads;
  if (offloads.length !== 1 || offload[0] !== name || offload[1] === '') {
    wrong.push({
      option: 'offload headers',
      expected: `one ${name}`,
      actual: offloads.length > 0 ? quote(offloads) : 'none',
    });
  }
  const length = fieldValue(response, 'content-length');
  const size = response.body?.length ?? length ?? 'not known';
  if (Number(size) !== 0 || Number(length ?? 0) !== 0) {
    wrong.push(mismatch('size', 0, Number(size) === 0 ? length : size));
  }
  return wrong;
}

/**
 * @internal
 */
export function wrongStatus(
  { status, body }: ReadResponse,
  expected: readonly number[],
): Mismatch[] {
  if (expected.includes(status)) return [];
  const told = body?.length ? `${status}: ${quote(body.toString())}` : status;
  return [
    {
      option: 'status',
      expected: expected.join(' or '),
      actual: String(told),
    },
  ];
}
