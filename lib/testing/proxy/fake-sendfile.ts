import { posix } from 'node:path';

import { type PathEncoding } from '../../backends/rules.js';
import { formatHttpDate, parseHttpDate } from '../../http/preconditions.js';
import { sentPath } from '../sent-path.js';
import {
  type FakeServer,
  type Offload,
  type ServerAnswer,
  type Field,
  namesOf,
  valueOf,
  without,
} from './fake-server.js';
import { fileAnswer, textAnswer } from './fake-exchange.js';
import { toldRanges } from './proxied-application.js';

const PATHS = namesOf('X-Sendfile', 'X-Sendfile-Temporary', 'X-Accel-Redirect');
const OF_THE_FILE = namesOf('Content-Length', 'Accept-Ranges');
const NO_STORE: Field = ['Cache-Control', 'no-store'];
const HTML: readonly Field[] = [['Content-Type', 'text/html']];
// eslint-disable-next-line no-control-regex
const CONTROLS = /[\0-\x1f\x7f]/g;

/**
 * Apache with mod_xsendfile, on the configuration that `serverConfig()` prints.
 *
 * @internal
 */
export function fakeApache(pathEncoding: PathEncoding): FakeServer {
  return {
    offloadHeader: 'x-sendfile',
    offloads: (status) => status === 200,
    pathOf: (value) => normalized(sentPath(value, pathEncoding)),
    followsLinks: true,
    send: (offload) => send(offload, namesOf('Content-Encoding')),
    missing: () => textAnswer(404, [...HTML, NO_STORE], '<h1>Not Found</h1>\n'),
    passed(fields, status) {
      const passed = without(fields, PATHS);
      const isKept = status < 400 || valueOf(fields, 'cache-control');
      return isKept ? passed : [...passed, NO_STORE];
    },
  };
}

/**
 * lighttpd, on the configuration that `serverConfig()` prints.
 *
 * @internal
 */
export const FAKE_LIGHTTPD: FakeServer = {
  offloadHeader: 'x-sendfile',
  offloads: () => true,
  pathOf: (value) =>
    normalized(sentPath(value, 'percent')?.replace(CONTROLS, '_')),
  followsLinks: false,
  send: (offload) => send(offload, namesOf()),
  missing: (_, status) => textAnswer(status, HTML, `<h1>${status}</h1>\n`),
  passed: (fields) => without(fields, namesOf('X-Sendfile')),
};

/**
 * Both keep all headers of the answer, and hold If-Range against those. What of conditions reaches them, the
 * application has answered.
 */
function send(
  { headers, fields, file }: Offload,
  dropped: ReadonlySet<string>,
): ServerAnswer {
  const kept = [PATHS, OF_THE_FILE, dropped].reduce(without, fields);
  const told = parseHttpDate(valueOf(kept, 'last-modified'));
  const lastModified = told ?? file.lastModified;
  const all: readonly Field[] = told
    ? kept
    : [...kept, ['Last-Modified', formatHttpDate(lastModified)]];
  const validators = { etag: valueOf(kept, 'etag'), lastModified };
  if (valueOf(fields, 'accept-ranges') === 'none') {
    return fileAnswer([...all, ['Accept-Ranges', 'none']], file.size);
  }
  const ranges = toldRanges(headers, validators, file.size);
  return ranges?.length === 0
    ? textAnswer(416, HTML, '<h1>Range Not Satisfiable</h1>\n')
    : fileAnswer([...all, ['Accept-Ranges', 'bytes']], file.size, ranges);
}

function normalized(path: string | undefined): string | undefined {
  return path === undefined ? undefined : posix.normalize(path);
}
