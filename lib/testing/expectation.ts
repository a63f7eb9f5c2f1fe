import { AssertionError } from 'node:assert';

import { InvalidOptionsError, quote } from '../errors/download-errors.js';
import {
  type ReadResponse,
  readResponse,
  type ReceivedDisposition,
  readDisposition,
  fieldValue,
} from './test-response.js';

/**
 * Something that is not as expected. Both texts are safe to print.
 *
 * @internal
 */
export interface Mismatch {
  readonly option: string;
  readonly expected: string;
  readonly actual: string;
}

/**
 * Holds one option against a response.
 *
 * @throws InvalidOptionsError for a value that the option does not take
 * @internal
 */
export type OptionCheck<Options> = (given: {
  /** As the user typed it: `expectDownload.basename`. */
  readonly option: string;
  readonly value: unknown;
  readonly options: Options;
  readonly response: ReadResponse;
}) => Mismatch | undefined;

/**
 * What can be expected of a response.
 *
 * @internal
 */
export interface Expectation<Options extends object> {
  /** For messages: `the expected download`. */
  readonly title: string;
  /** What has to hold whatever the options are. */
  readonly shape: (response: ReadResponse) => readonly Mismatch[];
  readonly checks: Readonly<
    Record<keyof Options & string, OptionCheck<Options>>
  >;
}

/**
 * What of a response is not as expected. All options are looked at, but only where the shape is right.
 *
 * @param owner what the user called, for messages
 * @throws InvalidOptionsError for what is no response, and for an option that is unknown or undefined
 * @internal
 */
export function mismatchesOf<Options extends object>(
  owner: string,
  { shape, checks }: Expectation<Options>,
  response: unknown,
  options: Options,
): readonly Mismatch[] {
  const read = readResponse(owner, response);
  const known: Partial<Record<string, OptionCheck<Options>>> = checks;
  const mismatches = Object.entries(options).map(([name, value]) => {
    const option = `${owner}.${name}`;
    const check = Object.hasOwn(checks, name) ? known[name] : undefined;
    if (!check) {
      throw new InvalidOptionsError(
        option,
        value,
        `Known are ${Object.keys(checks).join(', ')}.`,
      );
    }
    return check({ option, value, options, response: read });
  });
  const wrongShape = shape(read);
  return wrongShape.length > 0
    ? wrongShape
    : mismatches.filter((mismatch) => mismatch !== undefined);
}

/**
 * One line for each thing that is not as expected.
 *
 * @internal
 */
export function messageOf(
  title: string,
  mismatches: readonly Mismatch[],
): string {
  return [
    `This is not ${title}:`,
    ...mismatches.map(
      ({ option, expected, actual }) =>
        `  ${option}: expected ${expected}, but was ${actual}`,
    ),
  ].join('\n');
}

/**
 * @throws AssertionError where the response is not as expected
 * @internal
 */
export function requireExpected<Options extends object>(
  caller: (response: never, options?: never) => void,
  expectation: Expectation<Options>,
  response: unknown,
  options: Options,
): void {
  const mismatches = mismatchesOf(caller.name, expectation, response, options);
  if (mismatches.length === 0) return;
  throw new AssertionError({
    message: messageOf(expectation.title, mismatches),
    actual: linesOf(mismatches, 'actual'),
    expected: linesOf(mismatches, 'expected'),
    // Under this name jest shows the message alone.
    operator: 'fail',
    // The stack begins where the test called.
    stackStartFn: caller,
  });
}

/**
 * The comparison of an option whose value, or what is made of it, has to be that of the response.
 *
 * @param holds whether the option takes this value
 * @param accepted what it takes, for the message
 * @internal
 */
export function comparing<Value, Options>(
  holds: (value: unknown) => value is Value,
  accepted: string,
  actualOf: (response: ReadResponse, options: Options) => unknown,
  expectedOf: (value: Value) => unknown = (value) => value,
): OptionCheck<Options> {
  return ({ option, value, options, response }) => {
    if (!holds(value)) throw new InvalidOptionsError(option, value, accepted);
    const expected = expectedOf(value);
    const actual = actualOf(response, options);
    return expected === actual
      ? undefined
      : mismatch(option.slice(option.indexOf('.') + 1), expected, actual);
  };
}

/**
 * @param expected null and undefined stand for nothing
 * @internal
 */
export function mismatch(
  option: string,
  expected: unknown,
  actual: unknown,
): Mismatch {
  return { option, expected: shown(expected), actual: shown(actual) };
}

function linesOf(
  mismatches: readonly Mismatch[],
  side: 'expected' | 'actual',
): string {
  return mismatches
    .map((wrong) => `${wrong.option}: ${wrong[side]}`)
    .join('\n');
}

function shown(value: unknown): string {
  return value === undefined || value === null ? 'none' : quote(value);
}

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
