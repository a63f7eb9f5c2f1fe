import { type IncomingHttpHeaders } from 'node:http';

import { BROUGHT_BACK } from '../../backends/nginx-options.js';
import { nginxValidators } from '../../backends/nginx.backend.js';
import { LocalFile } from '../../files/local-file.js';
import { parseMediaType } from '../../http/media-type.js';
import { parseHttpDate, formatHttpDate } from '../../http/preconditions.js';
import { type ByteRange, unsatisfiedRange } from '../../http/range.js';
import { sentPath } from '../sent-path.js';
import { fileAnswer, textAnswer } from './fake-exchange.js';
import {
  type FakeServer,
  type Offload,
  type ServedFile,
  type ServerAnswer,
  type Field,
  namesOf,
  only,
  valueOf,
  without,
} from './fake-server.js';

/**
 * What nginx holds conditions against.
 *
 * @internal
 */
export interface NginxValidators {
  /** Undefined where it was told to make none: `etag off`. */
  readonly etag?: string;
  /** Whole seconds. */
  readonly lastModified: Date;
  /** Whether If-Modified-Since is left aside: `if_modified_since off`. */
  readonly ignoresDate?: boolean;
}

const MOST_RANGES = 50;
const LARGEST = 2n ** 63n - 1n;
const MEMBER = /^ *(?:(\d+) *- *(\d*)|-(\d+)) *$/;

/**
 * The status by which nginx answers the conditions of a request. It takes tags as text, If-Modified-Since by
 * the very second, and answers 304 only where both conditions say so.
 *
 * @internal
 */
export function nginxStatus(
  headers: IncomingHttpHeaders,
  { etag, lastModified, ignoresDate = false }: NginxValidators,
): 200 | 304 | 412 {
  const {
    'if-match': ifMatch,
    'if-none-match': ifNoneMatch,
    'if-modified-since': ifModifiedSince,
    'if-unmodified-since': ifUnmodifiedSince,
  } = headers;
  const time = lastModified.getTime();
  if (ifUnmodifiedSince !== undefined && !(timeOf(ifUnmodifiedSince) >= time)) {
    return 412;
  }
  if (ifMatch !== undefined && !lists(ifMatch, etag)) return 412;
  const isModified = ignoresDate || timeOf(ifModifiedSince) !== time;
  if (ifModifiedSince !== undefined && isModified) return 200;
  if (ifNoneMatch !== undefined) {
    return lists(ifNoneMatch, etag, /^W\//) ? 304 : 200;
  }
  return ifModifiedSince === undefined ? 200 : 304;
}

/**
 * The ranges that nginx sends. It merges none, answers what is malformed by 416, and sends the whole file where
 * the ranges are more together.
 *
 * @returns undefined for the whole file, no ranges for 416
 * @internal
 */
export function nginxRanges(
  { range, 'if-range': ifRange }: IncomingHttpHeaders,
  { etag, lastModified }: Partial<NginxValidators>,
  size: number,
): readonly ByteRange[] | undefined {
  if (range === undefined || !/^bytes=./i.test(range)) return undefined;
  if (ifRange !== undefined) {
    const isTag = String(ifRange).endsWith('"');
    if (isTag && ifRange !== etag) return undefined;
    if (!isTag && timeOf(String(ifRange)) !== lastModified?.getTime()) {
      return undefined;
    }
  }
  const ranges: ByteRange[] = [];
  for (const member of range.slice('bytes='.length).split(',')) {
    const asked = rangeOf(member, size);
    if (!asked) return [];
    if (asked.start <= asked.end) ranges.push(asked);
    else if (asked.start === 0) return undefined;
    if (ranges.length > MOST_RANGES) return undefined;
  }
  const total = ranges.reduce(
    (sum, { start, end }) => sum + end - start + 1,
    0,
  );
  return total > size ? undefined : ranges;
}

/** One that ends before it begins asks for nothing; undefined for one that is malformed. */
function rangeOf(member: string, size: number): ByteRange | undefined {
  const match = MEMBER.exec(member);
  if (!match) return undefined;
  const [, first, last, suffix] = match as (string | undefined)[];
  if (
    [first, last, suffix].some((digits) => digits && BigInt(digits) > LARGEST)
  ) {
    return undefined;
  }
  if (suffix !== undefined) {
    return { start: Math.max(0, size - Number(suffix)), end: size - 1 };
  }
  const end = last ? Math.min(Number(last), size - 1) : size - 1;
  return { start: Number(first), end };
}

function timeOf(date: string | undefined): number {
  return parseHttpDate(date)?.getTime() ?? NaN;
}

function lists(header: string, etag?: string, prefix = /(?!)/): boolean {
  const members = header
    .split(',')
    .map((member) => member.trim().replace(prefix, ''));
  return header === '*' || (etag !== undefined && members.includes(etag));
}

const KEPT = namesOf(
  'Content-Type',
  'Content-Disposition',
  'Cache-Control',
  'Expires',
  'Set-Cookie',
);
const HIDDEN = namesOf(
  'Date',
  'Server',
  'X-Accel-Redirect',
  'X-Accel-Expires',
  'X-Accel-Limit-Rate',
  'X-Accel-Buffering',
  'X-Accel-Charset',
  'X-Sendfile',
);
const CONTENT_TYPE = namesOf('Content-Type');
const NOSNIFF: Field = ['X-Content-Type-Options', 'nosniff'];
const PHRASES = {
  412: 'Precondition Failed',
  416: 'Requested Range Not Satisfiable',
};

/**
 * nginx, on the configuration that `serverConfig()` prints.
 *
 * @internal
 */
export const FAKE_NGINX: FakeServer = {
  offloadHeader: 'x-accel-redirect',
  offloads: () => true,
  pathOf(value) {
    const path = sentPath(value.replace(/\?[^]*$/, ''), 'percent');
    return path?.split('/').includes('..') ? undefined : path;
  },
  followsLinks: false,
  send,
  missing: (fields) =>
    textAnswer(
      404,
      [
        ...without(only(fields, KEPT), CONTENT_TYPE),
        ['Cache-Control', 'no-store'],
        ['Content-Type', typeWith('text/plain', charsetOf(fields) ?? 'utf-8')],
      ],
      'Not Found\n',
    ),
  passed: (fields) => without(fields, HIDDEN),
};

async function send({ headers, fields, file }: Offload): Promise<ServerAnswer> {
  const own = await ownValidators(file);
  const etag = valueOf(fields, 'etag');
  // Where the application tells a tag, nginx is told to make none, and to look at no date.
  const told: Partial<NginxValidators> =
    etag === undefined
      ? own
      : { etag, lastModified: parseHttpDate(valueOf(fields, 'last-modified')) };
  const status = nginxStatus(
    headers,
    etag === undefined ? own : { ...own, etag: undefined, ignoresDate: true },
  );
  if (status === 412) return page(status, [NOSNIFF]);
  const kept = [...clientFields(fields), NOSNIFF];
  const all = [...kept, ...validatorFields(told)];
  if (status === 304) {
    return { status, fields: without(all, CONTENT_TYPE), body: [] };
  }
  const ranges = nginxRanges(headers, told, file.size);
  if (!ranges) {
    return fileAnswer([...all, ['Accept-Ranges', 'bytes']], file.size);
  }
  if (ranges.length > 0) return fileAnswer(all, file.size, ranges);
  const size: Field = ['Content-Range', unsatisfiedRange(file.size)];
  return page(416, [...kept, NOSNIFF, size]);
}

async function ownValidators(file: ServedFile): Promise<NginxValidators> {
  const { etag, lastModified = file.lastModified } = await nginxValidators(
    new LocalFile(file.path),
  );
  return { etag, lastModified };
}

function validatorFields({
  etag,
  lastModified,
}: Partial<NginxValidators>): Field[] {
  return [
    ...(etag === undefined ? [] : [['ETag', etag] as const]),
    ...(lastModified
      ? [['Last-Modified', formatHttpDate(lastModified)] as const]
      : []),
  ];
}

function page(status: 412 | 416, fields: readonly Field[]): ServerAnswer {
  const title = `${status} ${PHRASES[status]}`;
  return textAnswer(
    status,
    [
      ...without(fields, CONTENT_TYPE),
      ['Content-Type', typeWith('text/html', charsetOf(fields))],
    ],
    `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n` +
      `<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`,
  );
}

/** The headers of the application's answer that nginx keeps, or that the configuration brings back. */
function clientFields(fields: readonly Field[]): Field[] {
  const broughtBack = BROUGHT_BACK.flatMap((name): Field[] => {
    const value = valueOf(fields, name.toLowerCase());
    return value ? [[name, value]] : [];
  });
  const type = valueOf(fields, 'content-type') ?? 'application/octet-stream';
  return [
    ...without(only(fields, KEPT), CONTENT_TYPE),
    ['Content-Type', typeWith(type, charsetOf(fields))],
    ...broughtBack,
  ];
}

function typeWith(type: string, charset: string | undefined): string {
  const bare = type.replace(/;[^]*$/, '').trim();
  return charset === undefined ? type : `${bare}; charset=${charset}`;
}

/** X-Accel-Charset comes before the type's own. */
function charsetOf(fields: readonly Field[]): string | undefined {
  return (
    valueOf(fields, 'x-accel-charset') ??
    parseMediaType(valueOf(fields, 'content-type'))?.charset
  );
}
