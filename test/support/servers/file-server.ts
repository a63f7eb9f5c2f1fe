import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo } from 'node:net';

export interface ServedFile {
  readonly bytes: Buffer;
  readonly etag?: string;
  readonly lastModified?: Date;
}

export interface FileServer {
  /** `127.0.0.1:port` */
  readonly host: string;
  /** False for one that knows no If-Match, such as lighttpd. */
  obeysIfMatch: boolean;
  readonly requests: { method: string; headers: IncomingHttpHeaders }[];
  close(): void;
}

/** Another server: it knows a range, If-Match and HEAD, but no other condition, and gives what `fileNow` says at each request. */
export async function startFileServer(
  fileNow: (method: string) => ServedFile,
): Promise<FileServer> {
  const server = createServer(({ method = '', headers }, response) => {
    fileServer.requests.push({ method, headers });
    const { bytes, etag, lastModified } = fileNow(method);
    if (etag !== undefined) response.setHeader('ETag', etag);
    if (lastModified) {
      response.setHeader('Last-Modified', lastModified.toUTCString());
    }
    response.setHeader('Content-Type', 'text/plain');
    const ifMatch = headers['if-match'];
    if (fileServer.obeysIfMatch && ifMatch !== undefined && ifMatch !== etag) {
      response.writeHead(412).end('another file');
      return;
    }
    response.setHeader('Accept-Ranges', 'bytes');
    const window =
      method === 'GET' ? windowOf(headers.range, bytes.length) : undefined;
    if (!window) {
      response.setHeader('Content-Length', bytes.length);
      response.end(method === 'HEAD' ? undefined : bytes);
      return;
    }
    const [first, last] = window;
    const isEmpty = first > last;
    response.setHeader(
      'Content-Range',
      `bytes ${isEmpty ? '*' : `${first}-${last}`}/${bytes.length}`,
    );
    const part = bytes.subarray(first, last + 1);
    response
      .writeHead(isEmpty ? 416 : 206, { 'Content-Length': part.length })
      .end(part);
  });
  await new Promise<void>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve()),
  );
  const fileServer: FileServer = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    obeysIfMatch: true,
    requests: [],
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return fileServer;
}

/** The first and the last byte of one range; undefined for everything else. */
function windowOf(
  range = '',
  size: number,
): readonly [first: number, last: number] | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? [];
  if (first === '' && last === '') return undefined;
  return first === ''
    ? [Math.max(0, size - Number(last)), size - 1]
    : [Number(first), Math.min(last === '' ? size : Number(last), size - 1)];
}
