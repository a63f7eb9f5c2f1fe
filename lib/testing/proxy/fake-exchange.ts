import {
  type IncomingMessage,
  request as ask,
  type ServerResponse,
} from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { SPOOFABLE } from '../../backends/server-options.js';
import { LocalFile } from '../../files/local-file.js';
import { type FakeServer, type ServerAnswer } from './fake-server.js';
import {
  endToEndFields,
  type Field,
  namesOf,
  valueOf,
  without,
} from './fields.js';
import { textAnswer } from './file-answer.js';
import { type ReachedApplication } from './proxied-application.js';
import { servedFile, type ServedPlace } from './served-places.js';

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
    const answer = await server.send({ headers, fields, file });
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
