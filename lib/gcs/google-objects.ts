import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { type EventEmitter } from 'node:events';
import {
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import {
  addAbortSignal,
  PassThrough,
  pipeline,
  type Readable,
} from 'node:stream';
import { pipeline as completed } from 'node:stream/promises';

import { type Bucket, type File } from '@google-cloud/storage';

import { parseHttpDate } from '../http/preconditions.js';
import { parseContentRange, rangeField } from '../http/range.js';
import { type FileStat } from '../storages/file-stat.js';
import {
  type NewObject,
  type ObjectAnswer,
  type ObjectConditions,
  type ObjectStore,
  type SignedPresentation,
  statOfObject,
  type StoreRefusal,
  failureOfConnection,
  refusalByStatus,
} from '../storages/object-store.js';
import { quote } from '../errors/download-errors.js';

const PART = 8 * 2 ** 20;
const NOT_THERE = 0;
const MOST_OF_ERROR = 2000;

/**
 * The objects of a bucket. What is read does not come by `createReadStream()`: that takes no conditions, and when
 * one reader leaves, it ends the connections of all others.
 *
 * @internal
 */
export class GoogleObjects implements ObjectStore {
  readonly partSize = PART;

  constructor(private readonly bucket: Bucket) {}

  async head(object: string, signal?: AbortSignal): Promise<FileStat> {
    // Its library cannot end what it has begun.
    signal?.throwIfAborted();
    const [facts] = await answered(() => this.#file(object).getMetadata());
    return statOfGeneration({
      size: numberOf(facts.size),
      lastModified:
        facts.updated === undefined ? undefined : new Date(facts.updated),
      etag: tagOf(facts.generation),
      contentType: facts.contentType,
      encoding: facts.contentEncoding,
    });
  }

  async get(
    object: string,
    { range, signal, ...conditions }: ObjectConditions,
  ): Promise<ObjectAnswer> {
    signal?.throwIfAborted();
    const { headers, stream } = await answerTo(() =>
      this.#file(object).requestStream({
        uri: '',
        qs: { alt: 'media', ...generations(conditions) },
        headers: {
          // As it is kept: what it is, its Content-Encoding says.
          'Accept-Encoding': 'gzip',
          'Cache-Control': 'no-store',
          ...(range && { Range: rangeField(range) }),
        },
      }),
    );
    if (signal) addAbortSignal(signal, stream);
    const part = parseContentRange(headers['content-range']);
    const size = part ? part.size : numberOf(headers['content-length']);
    return { stat: statOf(headers, size), range: part?.range, stream };
  }

  async put(object: string, bytes: Buffer, how: NewObject): Promise<void> {
    const options = { ...writing(how), resumable: false };
    await answered(() => this.#file(object).save(bytes, options));
  }

  async upload(
    object: string,
    content: Readable,
    how: NewObject,
  ): Promise<void> {
    await completed(
      content,
      this.#file(object).createWriteStream({
        ...writing(how),
        resumable: true,
      }),
    );
  }

  async remove(object: string): Promise<void> {
    await answered(() => this.#file(object).delete());
  }

  async sign(
    object: string,
    {
      expiresIn,
      disposition,
      contentType,
      cacheControl,
      version,
    }: SignedPresentation,
  ): Promise<string> {
    const generation = GENERATION.exec(version ?? '')?.[1];
    const [address] = await this.#file(object).getSignedUrl({
      version: 'v4',
      action: 'read',
      expires: Date.now() + expiresIn * 1000,
      ...(disposition !== undefined && { responseDisposition: disposition }),
      ...(contentType !== undefined && { responseType: contentType }),
      queryParams: {
        ...(cacheControl !== undefined && {
          'response-cache-control': cacheControl,
        }),
        ...(generation !== undefined && { generation }),
      },
    });
    return address;
  }

  refusalOf(error: unknown): StoreRefusal {
    return refusalOfGoogle(error);
  }

  hasConditionalWrites(): Promise<boolean> {
    return Promise.resolve(true);
  }

  faultOf(segments: readonly string[]): string | undefined {
    return segments.some((segment) => /[\r\n]/.test(segment))
      ? 'has a line end, which Google takes in no key'
      : undefined;
  }

  #file(object: string): File {
    return this.bucket.file(object);
  }
}

/** Undefined is nothing here: a precondition that is there at all makes another retry. */
function writing({ contentType, onlyIfFree }: NewObject): {
  contentType?: string;
  preconditionOpts?: { ifGenerationMatch: number };
} {
  return {
    ...(contentType !== undefined && { contentType }),
    ...(onlyIfFree && { preconditionOpts: { ifGenerationMatch: NOT_THERE } }),
  };
}

/** Google's own conditions, which are by generation. Any other tag or date is for whoever asks to judge. */
function generations({
  ifMatch,
  ifNoneMatch,
}: Omit<ObjectConditions, 'range' | 'signal'>): Record<string, string> {
  const [isSame, isOther] = [ifMatch, ifNoneMatch].map(
    (tag) => GENERATION.exec(tag ?? '')?.[1],
  );
  return {
    ...(isSame !== undefined && { ifGenerationMatch: isSame }),
    ...(isOther !== undefined && { ifGenerationNotMatch: isOther }),
  };
}

const GENERATION = /^"(\d{1,19})"$/;

interface Answer {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
}

interface Asking extends EventEmitter {
  resume(): unknown;
}

/** Who is to know of the connection by which an answer comes. */
const awaited = new AsyncLocalStorage<(answer: IncomingMessage) => void>();

subscribe('http.client.request.start', (message) => {
  const { request } = message as { request: ClientRequest };
  const take = awaited.getStore();
  // The token of a role may be fetched on the way.
  if (take && request.path.includes('/b/')) request.once('response', take);
});

/**
 * Where a connection breaks off in the middle of an answer of known length, Google's client says nothing, and who
 * waits would wait for ever. Node says it.
 */
function watched<Value>(ask: () => Value, brokeOff: () => void): Value {
  return awaited.run((answer) => {
    if (answer.headers['content-length'] === undefined) return;
    answer.once('close', () => {
      if (!answer.complete) brokeOff();
    });
  }, ask);
}

class BrokenOffError extends Error {
  constructor() {
    super('The connection to the store ended before its answer did');
  }
}

function answered<Value>(ask: () => Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    watched(ask, () => reject(new BrokenOffError())).then(resolve, reject);
  });
}

/**
 * What asks would give the bytes as well, but ends no connection when it is let go of, as the answer does. It
 * flows, so nobody may come later than the answer.
 */
async function answerTo(
  ask: () => Asking,
): Promise<{ headers: IncomingHttpHeaders; stream: Readable }> {
  const stream = new PassThrough();
  const answer = new Promise<Answer>((resolve, reject) => {
    const asking = watched(ask, () => stream.destroy(new BrokenOffError()));
    asking.once('response', (response: Answer & Readable) => {
      pipeline(response, stream, () => undefined);
      resolve(response);
    });
    asking.on('error', reject);
    asking.resume();
  });
  const { statusCode, headers } = await answer;
  if (statusCode < 300) return { headers, stream };
  throw new GoogleRefusal(statusCode, await beginningOf(stream));
}

async function beginningOf(stream: Readable): Promise<string> {
  let text = '';
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      text += chunk.toString();
      if (text.length > MOST_OF_ERROR) break;
    }
  } catch {
    // What has come of it says enough.
  }
  return text.slice(0, MOST_OF_ERROR);
}

function statOf(
  headers: IncomingHttpHeaders,
  size: number | undefined,
): FileStat {
  const header = (name: string): string | undefined =>
    headers[name]?.toString();
  return statOfGeneration({
    size,
    lastModified: parseHttpDate(header('last-modified')),
    etag: tagOf(header('x-goog-generation')),
    contentType: header('content-type'),
    encoding:
      header('content-encoding') ?? header('x-goog-stored-content-encoding'),
  });
}

/** The store's own If-Match is about its own tag. */
function statOfGeneration(facts: Parameters<typeof statOfObject>[0]): FileStat {
  return { ...statOfObject(facts), isBoundByAddress: true };
}

/** Google's own tag changes with the metadata, and its client gives it without quotes. */
function tagOf(generation: string | number | undefined): string | undefined {
  return generation === undefined ? undefined : `"${generation}"`;
}

function numberOf(value: string | number | undefined): number | undefined {
  return value === undefined || value === '' ? undefined : Number(value);
}

const NO_BUCKET = /bucket does not exist/i;
/** What Google says of a token whose time is not now. */
const CLOCK = /short-lived token|reasonable timeframe/i;
const GRANT =
  'It is missing, or the role may not read it: grant storage.objects.get, and storage.objects.list, without ' +
  'which Google says the same of what is missing.';

/**
 * An answer without bytes to who asked for some.
 *
 * @internal
 */
export class GoogleRefusal extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * What an error of the Bucket means.
 *
 * @internal
 */
export function refusalOfGoogle(error: unknown): StoreRefusal {
  const message = error instanceof Error ? error.message : '';
  const status = statusOf(error);
  const isClock = CLOCK.test(message);
  if (status === undefined && !isClock) return failureOfConnection(error);
  const text = `the store answers ${status ?? 'no token'}: ${quote(message)}`;
  if (isClock) return { kind: 'unavailable', reason: 'clock', text };
  if (status === 404 && NO_BUCKET.test(message)) {
    return { kind: 'unavailable', reason: 'no-bucket', text };
  }
  return refusalByStatus(status ?? 0, { text, grant: GRANT });
}

/** The status, in an error of the library as well. */
function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const code: unknown = Reflect.get(error, 'code');
  return typeof code === 'number' ? code : undefined;
}
