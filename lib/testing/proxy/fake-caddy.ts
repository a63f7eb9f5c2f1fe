import { type IncomingHttpHeaders } from 'node:http';
import { posix } from 'node:path';

import { NOT_COPIED, OF_THE_FILE } from '../../backends/caddy-config.js';
import { caddyValidators } from '../../backends/caddy.backend.js';
import { type PathEncoding } from '../../backends/rules.js';
import { LocalFile } from '../../files/local-file.js';
import {
  ifRangeHolds,
  type Validators,
  formatHttpDate,
} from '../../http/preconditions.js';
import { type ByteRange, unsatisfiedRange } from '../../http/range.js';
import { sentPath } from '../sent-path.js';
import { fileAnswer, textAnswer } from './fake-exchange.js';
import {
  type FakeServer,
  type Offload,
  type ServerAnswer,
  type ServedFile,
  type Field,
  namesOf,
  valueOf,
  without,
} from './fake-server.js';
import { toldStatus } from './proxied-application.js';

const MEMBER = /^(?:(\d+)[ \t]*-[ \t]*(\d*)|-(\d+))$/;

/**
 * The ranges that Caddy sends where conditions are left to it. It merges none, answers what is malformed by
 * 416, and sends the whole file where the ranges are more together.
 *
 * @returns undefined for the whole file, no ranges for 416, and `malformed` for a 416 that tells no size
 * @internal
 */
export function caddyRanges(
  headers: IncomingHttpHeaders,
  validators: Validators,
  size: number,
): readonly ByteRange[] | 'malformed' | undefined {
  const { range: header, 'if-range': ifRange } = headers;
  if (header === undefined) return undefined;
  if (!ifRangeHolds(ifRange?.toString(), validators, new Date()))
    return undefined;
  if (!header.startsWith('bytes=')) return 'malformed';
  const members = header
    .slice('bytes='.length)
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
  const asked = members.map((member) => rangeOf(member, size));
  const ranges = asked.filter((range) => range !== undefined);
  if (ranges.length < asked.length) return 'malformed';
  const inside = ranges.filter(({ start }) => start < size);
  const total = inside.reduce(
    (sum, { start, end }) => sum + end - start + 1,
    0,
  );
  const isWhole = asked.length === 0 || size === 0 || total > size;
  return isWhole ? undefined : inside;
}

function rangeOf(member: string, size: number): ByteRange | undefined {
  const [, first, last, suffix] =
    (MEMBER.exec(member) as (string | undefined)[] | null) ?? [];
  const numbers = [first, last, suffix].filter(Boolean).map(Number);
  // Beyond 64 bits, where a number as imprecise as this one is large enough to tell.
  if (numbers.some((number) => number >= 2 ** 63)) return undefined;
  if (suffix !== undefined) {
    return { start: Math.max(0, size - Number(suffix)), end: size - 1 };
  }
  if (first === undefined) return undefined;
  const start = Number(first);
  if (last && Number(last) < start && start < size) return undefined;
  return { start, end: last ? Math.min(Number(last), size - 1) : size - 1 };
}

const NOT_KEPT = namesOf(...NOT_COPIED);
const NOT_IN_ERRORS = namesOf(...OF_THE_FILE, 'Cache-Control');
const NOT_IN_304 = namesOf('Content-Type', 'Last-Modified');
const ETAG = namesOf('ETag');
const NOSNIFF: Field = ['X-Content-Type-Options', 'nosniff'];
const TEXT: Field = ['Content-Type', 'text/plain; charset=utf-8'];

/**
 * Caddy, on the configuration that `serverConfig()` prints: up to 2.6 where places are written raw, else from
 * 2.7, which takes the application's tag.
 *
 * @internal
 */
export function fakeCaddy(pathEncoding: PathEncoding): FakeServer {
  const hasOwnTag = pathEncoding === 'raw';
  return {
    offloadHeader: 'x-accel-redirect',
    offloads: (status) => status === 200,
    pathOf(value) {
      const path = sentPath(value.replace(/\?[^]*$/, ''), pathEncoding);
      return path === undefined ? undefined : posix.normalize(path);
    },
    followsLinks: true,
    send: (offload) => send(offload, hasOwnTag),
    missing: (fields) =>
      textAnswer(
        404,
        [
          ...without(without(fields, NOT_KEPT), NOT_IN_ERRORS),
          ['Cache-Control', 'no-store'],
          TEXT,
        ],
        'Not Found',
      ),
    refused: textAnswer(502, [], ''),
    passed: (fields) => fields,
  };
}

async function send(
  { headers, fields, file }: Offload,
  hasOwnTag: boolean,
): Promise<ServerAnswer> {
  const { etag, lastModified } = await validatorsOf(file, fields, hasOwnTag);
  const all: Field[] = [
    ...without(without(fields, NOT_KEPT), ETAG),
    ...(etag === undefined ? [] : [['ETag', etag] as const]),
    ['Last-Modified', formatHttpDate(lastModified)],
  ];
  const validators = { etag, lastModified };
  const status = toldStatus(headers, validators);
  if (status === 412) return textAnswer(status, all, '');
  if (status === 304) {
    return { status, fields: without(all, NOT_IN_304), body: [] };
  }
  const ranges = caddyRanges(headers, validators, file.size);
  if (ranges === 'malformed') {
    return textAnswer(416, withText(all), 'invalid range\n');
  }
  if (ranges?.length === 0) {
    const told: Field = ['Content-Range', unsatisfiedRange(file.size)];
    const text = 'invalid range: failed to overlap\n';
    return textAnswer(416, withText([...all, told]), text);
  }
  return fileAnswer([...all, ['Accept-Ranges', 'bytes']], file.size, ranges);
}

async function validatorsOf(
  { path, lastModified }: ServedFile,
  fields: readonly Field[],
  hasOwnTag: boolean,
): Promise<Validators & { lastModified: Date }> {
  const { etag } = hasOwnTag
    ? await caddyValidators(new LocalFile(path))
    : { etag: valueOf(fields, 'etag') };
  return { etag, lastModified };
}

function withText(fields: readonly Field[]): Field[] {
  const kept = without(fields, namesOf('Content-Type', NOSNIFF[0]));
  return [...kept, TEXT, NOSNIFF];
}
