import { type IncomingMessage, type ServerResponse } from 'node:http';

/**
 * The part of both adapters' responses that is used.
 *
 * @internal
 */
export interface PlatformResponse {
  /** Node's own response underneath. */
  readonly raw: ServerResponse<IncomingMessage>;
  hasHeader(name: string): boolean;
  getHeader(name: string): number | string | readonly string[] | undefined;
  setHeader(name: string, value: string): void;
  removeHeader(name: string): void;
  setStatus(status: number): void;
}

/** Fastify's reply keeps headers of its own until it sends. */
interface FastifyReply {
  readonly raw: ServerResponse<IncomingMessage>;
  hasHeader(name: string): boolean;
  getHeader(name: string): number | string | readonly string[] | undefined;
  header(name: string, value: string): unknown;
  removeHeader(name: string): unknown;
  code(status: number): unknown;
}

/**
 * One face for Express's response and Fastify's reply.
 *
 * @internal
 */
export function platformResponse(
  response: ServerResponse<IncomingMessage> | FastifyReply,
): PlatformResponse {
  return 'raw' in response ? fastifyResponse(response) : rawResponse(response);
}

/**
 * @internal
 */
export function rawResponse(
  raw: ServerResponse<IncomingMessage>,
): PlatformResponse {
  return {
    raw,
    hasHeader: (name) => raw.hasHeader(name),
    getHeader: (name) => raw.getHeader(name),
    setHeader: (name, value) => void raw.setHeader(name, value),
    removeHeader: (name) => raw.removeHeader(name),
    setStatus: (status) => void (raw.statusCode = status),
  };
}

function fastifyResponse(reply: FastifyReply): PlatformResponse {
  const { raw } = reply;
  return {
    raw,
    hasHeader: (name) => reply.hasHeader(name) || raw.hasHeader(name),
    getHeader: (name) => reply.getHeader(name) ?? raw.getHeader(name),
    setHeader: (name, value) => void reply.header(name, value),
    removeHeader(name) {
      reply.removeHeader(name);
      raw.removeHeader(name);
    },
    setStatus: (status) => void reply.code(status),
  };
}
