/** An answer as it stood on the connection. */
export interface HttpMessage {
  readonly status: number;
  /** Lower case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

const HEAD_END = '\r\n\r\n';

/**
 * Takes the answers to several requests apart, strictly by their own framing (RFC 9112 6.3): one byte too
 * many or too few, and the next answer does not parse.
 */
export class HttpMessages {
  readonly #methods: readonly string[];
  readonly #chunks: Buffer[] = [];
  #length = 0;
  /** How many bytes there have to be before another look is worth it. */
  #awaited = 0;
  #messages: HttpMessage[] = [];

  constructor(methods: readonly string[]) {
    this.#methods = methods;
  }

  take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  get isComplete(): boolean {
    while (
      this.#messages.length < this.#methods.length &&
      this.#length >= this.#awaited
    ) {
      if (!this.#parseOne()) return false;
    }
    return this.#messages.length === this.#methods.length;
  }

  /** @throws where bytes follow the last answer */
  all(): HttpMessage[] {
    if (this.#length > 0) {
      const [rest] = this.#chunks;
      throw new Error(
        `${this.#length} bytes follow: ${JSON.stringify(rest?.toString('latin1').slice(0, 80))}`,
      );
    }
    return this.#messages;
  }

  #parseOne(): boolean {
    const bytes = Buffer.concat(this.#chunks);
    const headEnd = bytes.indexOf(HEAD_END);
    if (headEnd < 0) return this.#await(bytes, bytes.length + 1);
    const { status, headers } = parseHead(
      bytes.subarray(0, headEnd).toString('latin1'),
    );
    const start = headEnd + HEAD_END.length;
    const method = this.#methods[this.#messages.length];
    const hasBody = method !== 'HEAD' && status !== 304 && status !== 204;
    if (!hasBody) {
      return this.#add(
        { status, headers, body: Buffer.alloc(0) },
        bytes,
        start,
      );
    }
    if (headers.get('transfer-encoding') === 'chunked') {
      const chunked = parseChunked(bytes, start);
      if (!chunked) return this.#await(bytes, bytes.length + 1);
      return this.#add(
        { status, headers, body: chunked.body },
        bytes,
        chunked.end,
      );
    }
    const length = Number(headers.get('content-length'));
    if (!Number.isSafeInteger(length)) throw new Error('No length at all');
    const end = start + length;
    if (bytes.length < end) return this.#await(bytes, end);
    return this.#add(
      { status, headers, body: bytes.subarray(start, end) },
      bytes,
      end,
    );
  }

  #await(bytes: Buffer, length: number): false {
    this.#keep(bytes);
    this.#awaited = length;
    return false;
  }

  #add(message: HttpMessage, bytes: Buffer, end: number): true {
    this.#messages.push(message);
    this.#keep(bytes.subarray(end));
    this.#awaited = 1;
    return true;
  }

  #keep(bytes: Buffer): void {
    this.#chunks.splice(0, Infinity, ...(bytes.length > 0 ? [bytes] : []));
    this.#length = bytes.length;
  }
}

function parseHead(text: string): {
  status: number;
  headers: Map<string, string>;
} {
  const [first = '', ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1];
  if (status === undefined) {
    throw new Error(`Out of frame: ${JSON.stringify(first.slice(0, 80))}`);
  }
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [
        line.slice(0, colon).toLowerCase(),
        line.slice(colon + 1).trim(),
      ] as const;
    }),
  );
  return { status: Number(status), headers };
}

function parseChunked(
  bytes: Buffer,
  start: number,
): { body: Buffer; end: number } | undefined {
  const parts: Buffer[] = [];
  for (let at = start; ;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const end = lineEnd + 2 + size + 2;
    if (bytes.length < end) return undefined;
    if (size === 0) return { body: Buffer.concat(parts), end };
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = end;
  }
}
