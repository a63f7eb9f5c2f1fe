import {
  type IncomingHttpHeaders,
  request,
  type RequestOptions,
} from 'node:http';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly text: string;
}

export interface HttpRequest {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

/** One request on a connection of its own; the path goes out exactly as it is given. */
export function httpRequest(
  origin: string,
  path: string,
  { method = 'GET', headers, body }: HttpRequest = {},
): Promise<HttpAnswer> {
  const { hostname, port } = new URL(origin);
  const options: RequestOptions = {
    hostname,
    port,
    path,
    method,
    headers,
    agent: false,
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(options, (incoming) => {
      const chunks: Buffer[] = [];
      incoming
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('error', reject)
        .on('end', () => {
          const bytes = Buffer.concat(chunks);
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            rawHeaders: incoming.rawHeaders,
            body: bytes,
            text: bytes.toString(),
          });
        });
    });
    outgoing.on('error', reject).end(body);
  });
}
