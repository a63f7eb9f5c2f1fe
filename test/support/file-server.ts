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

/** Another server: it knows a range, If-Match and HEAD, and gives what `fileNow` says at each request. */
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
    const [, first, last] =
      /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
    if (first === undefined || method !== 'GET') {
      response.setHeader('Content-Length', bytes.length);
      response.end(method === 'HEAD' ? undefined : bytes);
      return;
    }
    const window = bytes.subarray(Number(first), Number(last) + 1);
    response.setHeader(
      'Content-Range',
      `bytes ${first}-${last}/${bytes.length}`,
    );
    response.writeHead(206, { 'Content-Length': window.length }).end(window);
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
