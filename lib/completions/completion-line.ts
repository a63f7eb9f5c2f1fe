/**
 * What a server in front says of a file that it was handed, in its log.
 *
 * @internal
 */
export interface Completion {
  /** The value of `X-Download-Id` of the answer that handed it over. */
  readonly id: string;
  readonly outcome:
    'completed' | 'aborted' | 'failed' | 'not-modified' | 'refused';
  readonly status: number;
  /** Bytes of the body that the server has sent; of an answer that Apache did not end, its head counts, too. */
  readonly bytes: number;
  /** Milliseconds that the server took, where it says so. */
  readonly duration?: number;
}

interface LoggedAnswer {
  readonly status: number;
  readonly bytes: number;
  /** Whether the server itself says that it came to the end. */
  readonly isOver: boolean;
}

/** What begins a line in the format that serverConfig({ completions }) prints for Apache and lighttpd. */
export const COMPLETION_WORD = 'nestjs-downloadview';

const ID = /^[\w-]{16,64}$/;

/**
 * Reads one line of a log, as serverConfig({ completions }) has each server write it:
 *
 * - nginx: `{"id":"$upstream_http_x_download_id","status":$status,"bytes":$body_bytes_sent,`
 *   `"complete":"$request_completion","length":"$sent_http_content_length","seconds":$request_time}`
 * - Caddy: its own JSON, with `resp_headers`, `size`, `status`, `duration`
 * - Apache: `nestjs-downloadview id=%{download-id}n status=%>s sent=%O length=%{Content-Length}o connection=%X`
 *   `microseconds=%D`
 * - lighttpd: `nestjs-downloadview id=%{X-Download-Id}o status=%s sent=%B length=%{Content-Length}o connection=%X`
 *
 * nginx's and Caddy's are JSON, with or without the head of syslog, those of Apache and
 * lighttpd are words. Whatever else a line is, it is no completion.
 *
 * @param line without its end
 * @internal
 */
export function parseCompletion(line: string): Completion | undefined {
  const json = line.indexOf('{');
  if (json < 0) return wordsCompletion(line);
  const logged = parseJson(line.slice(json));
  if (!logged) return undefined;
  return 'resp_headers' in logged
    ? caddyCompletion(logged)
    : nginxCompletion(logged);
}

type Logged = Readonly<Record<string, unknown>>;

function parseJson(text: string): Logged | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isLogged(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isLogged(value: unknown): value is Logged {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A store or an application that breaks off is `OK` to nginx, so the bytes have to be there, too. */
function nginxCompletion(logged: Logged): Completion | undefined {
  const { id, complete, length, seconds } = logged;
  const status = numberIn(logged.status);
  const bytes = numberIn(logged.bytes);
  if (status === undefined || bytes === undefined) return undefined;
  const promised = numberIn(length);
  const isOver =
    complete === 'OK' && (promised === undefined || promised === bytes);
  return completionOf(id, { status, bytes, isOver }, numberIn(seconds));
}

function caddyCompletion(logged: Logged): Completion | undefined {
  const { resp_headers: headers, duration } = logged;
  const status = numberIn(logged.status);
  const bytes = numberIn(logged.size);
  if (!isLogged(headers) || status === undefined || bytes === undefined) {
    return undefined;
  }
  const promised = numberIn(firstOf(headers['Content-Length']));
  const isOver = promised === undefined || promised === bytes;
  const id = firstOf(headers['X-Download-Id']);
  return completionOf(id, { status, bytes, isOver }, numberIn(duration));
}

function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? (value as unknown[])[0] : value;
}

/** Apache and lighttpd: `connection` is X where the connection ended before the answer did. */
function wordsCompletion(line: string): Completion | undefined {
  const [word, ...pairs] = line.trim().split(' ');
  if (word !== COMPLETION_WORD) return undefined;
  const fields = new Map(
    pairs.map((pair): [string, string] => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
  const status = numberIn(fields.get('status'));
  const sent = numberIn(fields.get('sent'));
  if (status === undefined || sent === undefined) return undefined;
  const isOver = ['+', '-'].includes(fields.get('connection') ?? '');
  const length = numberIn(fields.get('length'));
  // Apache counts the head and the framing of TLS, too.
  const bytes =
    length === undefined ? sent : isOver ? length : Math.min(sent, length);
  const microseconds = numberIn(fields.get('microseconds'));
  return completionOf(
    fields.get('id'),
    { status, bytes, isOver },
    microseconds === undefined ? undefined : microseconds / 1_000_000,
  );
}

function completionOf(
  id: unknown,
  { status, bytes, isOver }: LoggedAnswer,
  seconds: number | undefined,
): Completion | undefined {
  if (typeof id !== 'string' || !ID.test(id)) return undefined;
  return {
    id,
    outcome: outcomeOf(status, isOver),
    status,
    bytes: status === 304 ? 0 : bytes,
    ...(seconds !== undefined && { duration: seconds * 1000 }),
  };
}

function outcomeOf(status: number, isOver: boolean): Completion['outcome'] {
  if (status === 304) return 'not-modified';
  if (status === 416) return 'refused';
  // 499 is nginx's own for a client that left before the answer began.
  if (status === 499) return 'aborted';
  if (status >= 400) return 'failed';
  return isOver ? 'completed' : 'aborted';
}

/** What a log says of a number: digits, or `-` and nothing where there is none. */
function numberIn(value: unknown): number | undefined {
  if (typeof value === 'number') return value >= 0 ? value : undefined;
  return typeof value === 'string' && /^\d+(?:\.\d+)?$/.test(value)
    ? Number(value)
    : undefined;
}
