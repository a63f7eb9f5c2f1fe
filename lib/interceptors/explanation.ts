import { type Logger } from '@nestjs/common';

import { quote } from '../errors/download-errors.js';
import { type DownloadExplanation } from '../responses/download-backend.js';
import { type ResponseHeaders } from '../responses/response-headers.js';

/** Values of these are URIs; any other may be a path of the server, which is no client's business. */
const WITH_URI: readonly (string | undefined)[] = [
  'X-Accel-Redirect',
  'Location',
];
const LONGEST = 200;

/**
 * Tells one explanation: to the log, and to the client where the application wants that.
 *
 * @internal
 */
export class ExplanationReport {
  #headers: ResponseHeaders = {};

  constructor(
    private readonly logger: Logger,
    private readonly isShown: boolean,
  ) {}

  tell(explanation: DownloadExplanation): void {
    this.logger.debug(explanationLine(explanation));
    if (!this.isShown) return;
    this.#headers = { 'X-Download-Explain': explanationField(explanation) };
  }

  /** What the answer gets on top of its own headers. */
  get headers(): ResponseHeaders {
    return this.#headers;
  }
}

/**
 * For the log, as a sentence.
 *
 * @internal
 */
export function explanationLine({
  name,
  backend,
  offloaded,
  rule,
  offloadHeader,
  uri,
  lostHeaders,
  reason,
}: DownloadExplanation): string {
  const file = `Download ${quote(name)}`;
  const by = rule === undefined ? '' : ` by ${rule}`;
  if (!offloaded) {
    return `${file}: the application answers (backend ${backend}${by}): ${quote(reason)}`;
  }
  const lost = lostHeaders.map(quote).join(', ');
  return (
    `${file}: offloaded (backend ${backend}${by}) as ${offloadHeader} ${quote(uri)}` +
    (lost && `; it loses the headers ${lost}`)
  );
}

/**
 * For the client, as one line of ASCII without any path of the server.
 *
 * @internal
 */
export function explanationField({
  backend,
  offloaded,
  rule,
  offloadHeader,
  uri,
  lostHeaders,
  reason,
}: DownloadExplanation): string {
  const parameters = {
    backend,
    rule,
    header: offloadHeader,
    uri: WITH_URI.includes(offloadHeader) ? uri : undefined,
    lost: lostHeaders.length > 0 ? lostHeaders.join(' ') : undefined,
    reason,
  };
  return [
    offloaded ? 'offloaded' : 'application',
    ...Object.entries(parameters)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${key}="${escaped(String(value))}"`),
  ].join('; ');
}

/** Percent-encodes what is not printable ASCII, and what would end the value; cut at 200 characters. */
function escaped(text: string): string {
  return text
    .slice(0, LONGEST)
    .replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/gu, (character) =>
      [...Buffer.from(character)]
        .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
        .join(''),
    );
}
