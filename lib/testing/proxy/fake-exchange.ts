import {
  type IncomingMessage,
  request as ask,
  type ServerResponse,
} from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { SPOOFABLE } from '../../backends/server-headers.js';
import { LocalFile } from '../../files/local-file.js';
import {
  contentRange,
  planMultipart,
  type ByteRange,
} from '../../http/range.js';
import {
  type ServerAnswer,
  type Field,
  namesOf,
  valueOf,
  without,
  type FakeServer,
  endToEndFields,
} from './fake-server.js';
import {
  type ReachedApplication,
  servedFile,
  type ServedPlace,
} from './proxied-application.js';

const BOUNDARY = '00000000000000000001';

/**
 * The answer with a file, or with ranges of it (RFC 9110 sections 15.3.1, 15.3.7 and 14.6).
 *
 * @param fields of both; Content-Length and Content-Range join them
 * @param ranges undefined for the whole file
 * @internal
 */
export function fileAnswer(
  fields: readonly Field[],
  size: number,
  ranges?: readonly ByteRange[],
): ServerAnswer {
  if (!ranges) {
    const body = size > 0 ? [{ start: 0, end: size - 1 }] : [];
    return { status: 200, fields: [...fields, lengthField(size)], body };
  }
  const [range, second] = ranges;
  if (second === undefined) {
    const { start, end } = range;
    return {
      status: 206,
      fields: [
        ...fields,
        lengthField(end - start + 1),
        ['Content-Range', contentRange(range, size)],
      ],
      body: [range],
    };
  }
  const type = valueOf(fields, 'content-type') ?? 'application/octet-stream';
  const plan = planMultipart([...ranges], size, type, BOUNDARY);
  return {
    status: 206,
    fields: [
      ...without(fields, namesOf('Content-Type')),
      ['Content-Type', plan.contentType],
      lengthField(plan.length),
    ],
    body: [
      ...plan.parts.flatMap(({ head, range }) => [head, range]),
      plan.tail,
    ],
  };
}

/**
 * An answer of the server's own.
 *
 * @internal
 */
export function textAnswer(
  status: number,
  fields: readonly Field[],
  text: string,
): ServerAnswer {
  const body = Buffer.from(text);
  return {
    status,
    fields: [...fields, lengthField(body.length)],
    body: [body],
  };
}

function lengthField(length: number): Field {
  return ['Content-Length', String(length)];
}

/**
 * What all requests through a fake proxy share.
 *
 * @internal
 */
export interface FakeSite {
  readonly application: ReachedApplication;
  readonly server: FakeServer;
  readonly places: readonly ServedPlace[];
  /** Told of every offload header that is obeyed. */
  readonly onOffload: (value: string) => void;
}

const FORWARDED = namesOf('X-Forwarded-For', 'X-Forwarded-Proto');
const NEVER_FROM_CLIENTS = namesOf(...SPOOFABLE);

/**
 * One request of a client, and the answer to it.
 *
 * @internal
 */
export async function exchange(
  site: FakeSite,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let answer: IncomingMessage;
  try {
    answer = await answerOf(site.application, request, response);
  } catch {
    await send(
      textAnswer(502, [], 'The application gave no answer.\n'),
      response,
    );
    return;
  }
  const { server } = site;
  const status = answer.statusCode ?? 0;
  const fields = endToEndFields(answer.rawHeaders);
  const value = valueOf(fields, server.offloadHeader);
  if (value !== undefined && server.offloads(status)) {
    answer.resume();
    await obey(site, { value, fields, request }, response);
  } else if (value !== undefined && server.refused) {
    answer.resume();
    await send(server.refused, response);
  } else {
    response.writeHead(status, server.passed(fields, status).flat());
    await pipeline(answer, response);
  }
}

interface Order {
  /** Of the offload header. */
  readonly value: string;
  readonly fields: readonly Field[];
  readonly request: IncomingMessage;
}

async function obey(
  { server, places, onOffload }: FakeSite,
  { value, fields, request: { headers } }: Order,
  response: ServerResponse,
): Promise<void> {
  onOffload(value);
  const path = server.pathOf(value);
  const file =
    path === undefined
      ? 404
      : await servedFile(places, path, server.followsLinks);
  if (typeof file === 'number') {
    await send(server.missing(fields, file), response);
  } else {
    const asked = file.hasRanges ? headers : { ...headers, range: undefined };
    const answer = await server.send({ headers: asked, fields, file });
    await send(answer, response, file.path);
  }
}

/** Asks the application on a connection of its own, so that none is left when it closes. */
function answerOf(
  { host, port }: ReachedApplication,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<IncomingMessage> {
  const { method, url: path, socket, headers } = request;
  const via = [headers['x-forwarded-for'], socket.remoteAddress];
  const fields = without(
    without(endToEndFields(request.rawHeaders), NEVER_FROM_CLIENTS),
    FORWARDED,
  );
  return new Promise((resolve, reject) => {
    const outgoing = ask({
      host,
      port,
      method,
      path,
      agent: false,
      headers: [
        ...fields.flat(),
        ...['X-Forwarded-For', via.filter(Boolean).join(', ')],
        ...['X-Forwarded-Proto', 'http'],
      ],
    });
    outgoing.on('response', resolve).on('error', reject);
    response.on('close', () => outgoing.destroy());
    request.pipe(outgoing);
  });
}

async function send(
  { status, fields, body }: ServerAnswer,
  response: ServerResponse,
  path = '',
): Promise<void> {
  response.writeHead(status, fields.flat());
  const bytes = async function* (): AsyncGenerator<unknown> {
    for (const part of body) {
      if (part instanceof Uint8Array) yield part;
      else yield* await new LocalFile(path).open(part);
    }
  };
  await pipeline(Readable.from(bytes(), { objectMode: false }), response);
}
