import { BROUGHT_BACK } from '../../backends/nginx-headers.js';
import { nginxValidators } from '../../backends/nginx.backend.js';
import { LocalFile } from '../../files/local-file.js';
import { unsatisfiedRange } from '../../http/range.js';
import { formatHttpDate, parseHttpDate } from '../../http/preconditions.js';
import { parseMediaType } from '../../http/media-type.js';
import {
  type FakeServer,
  type Offload,
  type ServedFile,
  type ServerAnswer,
} from './fake-server.js';
import { type Field, namesOf, only, valueOf, without } from './fields.js';
import { fileAnswer, textAnswer } from './file-answer.js';
import {
  nginxRanges,
  nginxStatus,
  type NginxValidators,
} from './nginx-requests.js';
import { sentPath } from '../sent-path.js';

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
