import { createHmac } from 'node:crypto';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import { type AddressInfo } from 'node:net';

import {
  type FileStat,
  MemoryStorage,
  StorageUnavailableError,
  type TemporaryUrlOptions,
} from 'nestjs-downloadview';

import { bytesOf } from '../clients/bytes-of.js';

/** One request as it arrived, with every byte of its target. */
export interface StoreRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly string[];
  readonly range?: string;
  readonly ifMatch?: string;
}

export interface StoreAnswer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer | string;
  /** Whether the connection ends where the body does, whatever its length was said to be. */
  readonly isCut?: boolean;
}

/** Stands in all that a store tells of itself. */
export const STORE_SECRET = 'AKIA-KEY-OF-THE-STORE';
// A path whose every byte counts, and a query such as stores have.
const BUCKET = '/a%2Fbucket%2B';
const SCOPE = `scope=${STORE_SECRET}%2Fregion%2Bone+a%20b`;
/** What a store says beside the file. */
const NOISE = {
  'Set-Cookie': 'store=1',
  'X-Accel-Redirect': '/_offload/other.txt',
  'X-Accel-Limit-Rate': '1',
  'X-Accel-Charset': 'koi8-r',
  'X-Amz-Request-Id': STORE_SECRET,
  'X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id': STORE_SECRET,
  'X-Goog-Encryption-Kms-Key-Name': STORE_SECRET,
  'X-Ms-Version-Id': STORE_SECRET,
  'X-Trans-Id': STORE_SECRET,
  'Cache-Control': 'public, max-age=31536000',
  'Content-Security-Policy': "default-src 'unsafe-inline'",
  'Access-Control-Allow-Origin': '*',
  Expires: 'Fri, 01 Jan 2100 00:00:00 GMT',
  Location: `http://127.0.0.1/?${STORE_SECRET}`,
  Vary: 'Origin',
};

/** What is no plain address on the store's host, though some reader takes it for one. */
export const ASTRAY: Record<string, (address: URL, host: string) => string> = {
  'another host': ({ href }, host) => href.replace(host, 'evil.example'),
  'another port': ({ href }, host) => href.replace(host, '127.0.0.1:9'),
  'the host for its user': ({ href }) =>
    href.replace('http://', 'http://user@'),
  'the host for a password': ({ href }, host) =>
    href.replace(host, `${host}@evil.example`),
  'a backslash before another host': ({ href }, host) =>
    href.replace(host, `${host}\\@evil.example`),
  'the host as a domain of another': ({ href }, host) =>
    href.replace(host, '127.0.0.1.evil.example'),
  'an IPv6 form of the host': ({ href }) =>
    href.replace('127.0.0.1', '[::ffff:7f00:1]'),
  'another spelling of the host': ({ href }) =>
    href.replace('127.0.0.1', '127.1'),
  'another scheme': ({ href }) => href.replace('http:', 'ftp:'),
  'no scheme': ({ href }) => href.replace('http:', ''),
  'a script': () => 'javascript:alert(1)',
  'a path alone': ({ pathname }) => pathname,
  'a line end': ({ href }) => `${href}\r\nX-Evil: 1`,
  'a blank at its end': ({ href }) => `${href} `,
  'parent segments': ({ href }) => href.replace('/a.txt', '/x/../a.txt'),
  'a fragment': ({ href }) => `${href}#top`,
  'capitals in its host': ({ href }) => href.replace('http:', 'HTTP:'),
  nothing: () => '',
};

/**
 * A store on a socket of its own. It hands a file out to whoever has a signed address: method, host, and
 * path and query as they are written. It refuses a second credential beside the first, and cookies.
 */
export class SigningStore {
  readonly requests: StoreRequest[] = [];
  /** In place of the file. */
  answerInstead?: StoreAnswer;
  /** Whether it takes no notice of If-Range, as Swift, Ceph and Azure do. */
  ignoresIfRange = false;
  /** Awaited before each answer. */
  isReady: Promise<unknown> = Promise.resolve();
  /** Milliseconds, by which it judges whether an address still works. */
  now = (): number => Date.now();

  private constructor(
    readonly storage: SigningStorage,
    readonly host: string,
    private readonly server: Server,
  ) {}

  static async start({
    serverFor = (listener: RequestListener): Server => createServer(listener),
    scheme = 'http',
    name = '127.0.0.1',
  } = {}): Promise<SigningStore> {
    const server = serverFor((request, response) => {
      void store.#answer(request).then(({ status, headers, body, isCut }) => {
        response.writeHead(status, { ...NOISE, ...headers });
        if (isCut) response.write(body, () => response.destroy());
        else response.end(body);
      });
    });
    await new Promise<void>((resolve) =>
      server.listen(0, '127.0.0.1', () => resolve()),
    );
    const host = `${name}:${(server.address() as AddressInfo).port}`;
    const storage = new SigningStorage(scheme, host);
    const store: SigningStore = new SigningStore(storage, host, server);
    return store;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  async #answer(request: IncomingMessage): Promise<StoreAnswer> {
    const { method = '', url: target = '', headers, rawHeaders } = request;
    this.requests.push({
      method,
      target,
      headers: rawHeaders.filter((_, index) => index % 2 === 0),
      range: headers.range,
      ifMatch: headers['if-match'],
    });
    await this.isReady;
    if (headers.authorization !== undefined) {
      return refusal(400, 'Only one auth mechanism allowed');
    }
    if (headers.cookie !== undefined) return refusal(400, 'No cookies');
    const [signed, signature] = target.split('&signature=');
    if (signature !== signatureOf(method, headers.host ?? '', signed)) {
      return refusal(403, `SignatureDoesNotMatch ${signed}`);
    }
    const { pathname, searchParams } = new URL(target, 'http://store');
    if (Number(searchParams.get('expires')) < this.now() / 1000) {
      return refusal(403, 'Request has expired');
    }
    if (this.answerInstead) return this.answerInstead;
    const key = decodeURIComponent(pathname.slice(BUCKET.length + 1));
    return this.#file(key, request, {
      'Content-Type': searchParams.get('type') ?? 'text/html',
      'Content-Disposition': searchParams.get('disposition') ?? 'inline',
    });
  }

  async #file(
    key: string,
    {
      headers: { range, 'if-range': ifRange, 'if-match': ifMatch },
    }: IncomingMessage,
    presentation: Record<string, string>,
  ): Promise<StoreAnswer> {
    const { etag = '', lastModified } = await this.storage.factsOf(key);
    if (ifMatch !== undefined && ifMatch !== etag) {
      return refusal(412, 'PreconditionFailed');
    }
    const body = await bytesOf(await this.storage.open(key));
    const headers = {
      ...presentation,
      ETag: etag,
      'Last-Modified': lastModified?.toUTCString() ?? '',
      'Accept-Ranges': 'bytes',
      'Content-Length': String(body.length),
    };
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
    const isUnwanted =
      !this.ignoresIfRange && ifRange !== undefined && ifRange !== etag;
    if (first === undefined || isUnwanted) {
      return { status: 200, headers, body };
    }
    const end = Math.min(
      last === '' ? Infinity : Number(last),
      body.length - 1,
    );
    if (Number(first) >= body.length) {
      const told = { 'Content-Range': `bytes */${body.length}` };
      return { ...refusal(416, 'InvalidRange'), headers: told };
    }
    const part = body.subarray(Number(first), end + 1);
    return {
      status: 206,
      headers: {
        ...headers,
        'Content-Length': String(part.length),
        'Content-Range': `bytes ${first}-${end}/${body.length}`,
      },
      body: part,
    };
  }
}

/** Its files, by addresses of the store. */
export class SigningStorage extends MemoryStorage {
  /** What was asked for so far. */
  readonly asked: TemporaryUrlOptions[] = [];
  /** Whether it says which version a file is. */
  namesVersions = false;
  /** Whether the store can be asked for facts. */
  isDown = false;

  constructor(
    private readonly scheme: string,
    private readonly host: string,
  ) {
    super();
  }

  override async stat(key: string): Promise<FileStat> {
    if (this.isDown) throw new StorageUnavailableError('The store is down');
    const stat = await this.factsOf(key);
    return this.namesVersions ? { ...stat, version: stat.etag } : stat;
  }

  /** As the store itself has them. */
  factsOf(key: string): Promise<FileStat> {
    return super.stat(key);
  }

  override temporaryUrl(
    key: string,
    options: TemporaryUrlOptions,
  ): Promise<string> {
    this.asked.push(options);
    const { expiresIn, basename, contentType, attachment } = options;
    const path = key.split('/').map(encodeURIComponent).join('/');
    const query = [
      SCOPE,
      `expires=${Math.floor(Date.now() / 1000) + expiresIn}`,
    ];
    if (contentType !== undefined) {
      query.push(`type=${encodeURIComponent(contentType)}`);
    }
    if (basename !== undefined) {
      const disposition = `${attachment ? 'attachment' : 'inline'}; ${nameOf(basename)}`;
      query.push(`disposition=${encodeURIComponent(disposition)}`);
    }
    const target = `${BUCKET}/${path}?${query.join('&')}`.replaceAll(
      "'",
      '%27',
    );
    const signature = signatureOf('GET', this.host, target);
    return Promise.resolve(
      `${this.scheme}://${this.host}${target}&signature=${signature}`,
    );
  }
}

/** Few clients know filename*, and none needs it for ASCII. */
function nameOf(basename: string): string {
  return /^[\w. -]+$/.test(basename)
    ? `filename="${basename}"`
    : `filename*=UTF-8''${encodeURIComponent(basename)}`;
}

function refusal(status: number, message: string): StoreAnswer {
  return {
    status,
    headers: { 'Content-Type': 'application/xml' },
    body: `<Error><Message>${message}</Message><Key>${STORE_SECRET}</Key></Error>`,
  };
}

function signatureOf(method: string, host: string, target: string): string {
  return createHmac('sha256', 'known to the store and its storage')
    .update([method, host, target].join('\n'))
    .digest('hex');
}
