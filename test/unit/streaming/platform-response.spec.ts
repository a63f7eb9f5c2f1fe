import {
  IncomingMessage,
  type OutgoingHttpHeaders,
  ServerResponse,
} from 'node:http';
import { Socket } from 'node:net';

import { describe, expect, it } from '@jest/globals';
import { FastifyAdapter } from '@nestjs/platform-fastify';

import {
  platformResponse,
  type PlatformResponse,
} from '../../../lib/streaming/response-head.js';
import { httpRequest } from '../../support/clients/http-client.js';

interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
}
type Act = (response: PlatformResponse) => void;

async function byNode(act: Act): Promise<Answer> {
  const raw = new ServerResponse(new IncomingMessage(new Socket()));
  act(platformResponse(raw));
  return { status: raw.statusCode, headers: { ...raw.getHeaders() } };
}

async function byFastify(act: Act): Promise<Answer> {
  const fastify = new FastifyAdapter().getInstance();
  let failure: Error | undefined;
  fastify.setErrorHandler((error: Error) => void (failure = error));
  fastify.get('/', (_, reply) => {
    act(platformResponse(reply));
    return 'answer';
  });
  const origin = await fastify.listen({ host: '127.0.0.1', port: 0 });
  const answer = await httpRequest(origin, '/');
  await fastify.close();
  if (failure) throw failure;
  return answer;
}

describe.each<[string, (act: Act) => Promise<Answer>]>([
  ['Node', byNode],
  ['Fastify', byFastify],
])('platformResponse of %s', (_, sending) => {
  it('sets the status and a header of the answer', async () => {
    const answer = await sending((response) => {
      response.setStatus(206);
      response.setHeader('ETag', '"v1"');
    });
    expect(answer.status).toBe(206);
    expect(answer.headers).toMatchObject({ etag: '"v1"' });
  });

  it('knows a header that it has set', async () => {
    await sending((response) => {
      expect(response.hasHeader('X-Own')).toBe(false);
      expect(response.getHeader('X-Own')).toBeUndefined();
      response.setHeader('X-Own', 'a');
      expect(response.hasHeader('x-own')).toBe(true);
      expect(response.getHeader('x-own')).toBe('a');
    });
  });

  it('knows a header that was set on Node’s response underneath', async () => {
    const answer = await sending((response) => {
      response.raw.setHeader('X-Own', ['a', 'b']);
      expect(response.hasHeader('X-Own')).toBe(true);
      expect(response.getHeader('X-Own')).toEqual(['a', 'b']);
    });
    expect(answer.headers).toHaveProperty('x-own');
  });

  it('names every header once, wherever it was set', async () => {
    await sending((response) => {
      response.setHeader('X-Own', 'a');
      response.raw.setHeader('X-Own', 'b');
      response.raw.setHeader('X-Other', 'c');
      expect([...response.headerNames()].sort()).toEqual(['x-other', 'x-own']);
    });
  });

  it('removes a header wherever it was set', async () => {
    const answer = await sending((response) => {
      response.setHeader('X-Own', 'a');
      response.raw.setHeader('X-Own', 'b');
      response.removeHeader('X-Own');
      expect(response.hasHeader('X-Own')).toBe(false);
    });
    expect(answer.headers).not.toHaveProperty('x-own');
  });
});

describe('platformResponse of Fastify', () => {
  it('puts what the reply says before what is underneath', async () => {
    await byFastify((response) => {
      response.raw.setHeader('X-Own', 'underneath');
      response.setHeader('X-Own', 'reply');
      expect(response.getHeader('X-Own')).toBe('reply');
    });
  });
});
