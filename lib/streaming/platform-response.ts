import { type IncomingMessage, type ServerResponse } from 'node:http';

type HeaderValue = number | string | readonly string[] | undefined;

/**
 * The part of both adapters' responses that is used.
 *
 * @internal
 */
export interface PlatformResponse {
  /** Node's own response underneath. */
  readonly raw: ServerResponse<IncomingMessage>;
  /** Of the headers that it has so far, in lower case. */
  headerNames(): readonly string[];
  hasHeader(name: string): boolean;
  getHeader(name: string): HeaderValue;
  setHeader(name: string, value: string): void;
  /** Sets a cookie beside those that it has so far. */
  addCookie(cookie: string): void;
  removeHeader(name: string): void;
  setStatus(status: number): void;
}

/** Fastify's reply keeps headers of its own until it sends. */
interface FastifyReply {
  readonly raw: ServerResponse<IncomingMessage>;
  getHeaders(): Readonly<Record<string, unknown>>;
  hasHeader(name: string): boolean;
  getHeader(name: string): HeaderValue;
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
  return 'raw' in response
    ? new FastifyResponse(response)
    : new RawResponse(response);
}

/**
 * Node's own response, which is also Express's.
 *
 * @internal
 */
export class RawResponse implements PlatformResponse {
  constructor(readonly raw: ServerResponse<IncomingMessage>) {}

  headerNames(): readonly string[] {
    return this.raw.getHeaderNames();
  }

  hasHeader(name: string): boolean {
    return this.raw.hasHeader(name);
  }

  getHeader(name: string): HeaderValue {
    return this.raw.getHeader(name);
  }

  setHeader(name: string, value: string): void {
    this.raw.setHeader(name, value);
  }

  addCookie(cookie: string): void {
    this.raw.appendHeader('Set-Cookie', cookie);
  }

  removeHeader(name: string): void {
    this.raw.removeHeader(name);
  }

  setStatus(status: number): void {
    this.raw.statusCode = status;
  }
}

class FastifyResponse implements PlatformResponse {
  readonly raw: ServerResponse<IncomingMessage>;

  constructor(private readonly reply: FastifyReply) {
    this.raw = reply.raw;
  }

  headerNames(): readonly string[] {
    const names = [
      ...Object.keys(this.reply.getHeaders()),
      ...this.raw.getHeaderNames(),
    ];
    return [...new Set(names)];
  }

  hasHeader(name: string): boolean {
    return this.reply.hasHeader(name) || this.raw.hasHeader(name);
  }

  getHeader(name: string): HeaderValue {
    return this.reply.getHeader(name) ?? this.raw.getHeader(name);
  }

  setHeader(name: string, value: string): void {
    this.reply.header(name, value);
  }

  /** Fastify adds to the cookies of its own, and sends them in place of those underneath. */
  addCookie(cookie: string): void {
    const underneath = [this.raw.getHeader('Set-Cookie') ?? []].flat();
    this.raw.removeHeader('Set-Cookie');
    for (const one of [...underneath, cookie]) {
      this.reply.header('Set-Cookie', String(one));
    }
  }

  removeHeader(name: string): void {
    this.reply.removeHeader(name);
    this.raw.removeHeader(name);
  }

  setStatus(status: number): void {
    this.reply.code(status);
  }
}
