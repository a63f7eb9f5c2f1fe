import { comparing, type OptionCheck } from './expectation.js';
import {
  type ReceivedDisposition,
  readDisposition,
} from './received-disposition.js';
import { fieldValue, type ReadResponse } from './test-response.js';

/**
 * How the client is expected to be told of a file.
 *
 * @publicApi
 */
export interface ExpectedPresentation {
  /** What the client calls the file, by Content-Disposition (RFC 6266): `filename*` comes before `filename`. */
  readonly basename?: string;
  /** The whole value of Content-Type, `charset` included; case and blanks make no difference. */
  readonly contentType?: string;
  /** Whether the client is told to save the file rather than show it. */
  readonly attachment?: boolean;
}

/**
 * @internal
 */
export function isString(value: unknown): value is string {
  return typeof value === 'string';
}

/**
 * @internal
 */
export function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

/**
 * The comparisons of ExpectedPresentation.
 *
 * @internal
 */
export const PRESENTATION_CHECKS: Readonly<
  Record<keyof ExpectedPresentation, OptionCheck<object>>
> = {
  basename: comparing(
    isString,
    "Give a file name: 'report.pdf'.",
    (response) => dispositionOf(response)?.name,
  ),
  contentType: comparing(
    isString,
    "Give a value of Content-Type: 'text/plain; charset=utf-8'.",
    (response) => normalized(fieldValue(response, 'content-type') ?? ''),
    normalized,
  ),
  attachment: comparing(isBoolean, 'Give true or false.', isAttachment),
};

/** RFC 6266 section 4.2: a type that a client does not know is an attachment, too. */
function isAttachment(response: ReadResponse): boolean | undefined {
  if (fieldValue(response, 'content-disposition') === undefined) return false;
  const disposition = dispositionOf(response);
  return disposition && disposition.type !== 'inline';
}

function dispositionOf(
  response: ReadResponse,
): ReceivedDisposition | undefined {
  return readDisposition(fieldValue(response, 'content-disposition') ?? '');
}

function normalized(contentType: string): string {
  return contentType
    .trim()
    .replace(/[ \t]*;[ \t]*/g, '; ')
    .replace(/^[^;]*|charset=[^;]*/gi, (part) => part.toLowerCase());
}
