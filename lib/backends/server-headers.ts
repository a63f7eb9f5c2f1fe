import { InvalidOptionsError } from '../errors/download-errors.js';
import { OFFLOAD_HEADERS } from '../responses/response-headers.js';

/**
 * By these headers servers are told what to send, or how to tell it. No client's request may bring one.
 *
 * @internal
 */
export const SPOOFABLE = [
  'X-Accel-Redirect',
  'X-Accel-Mapping',
  'X-Sendfile',
  'X-Sendfile-Type',
] as const;

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** What a server makes itself, and what only the message has. */
const OF_THE_MESSAGE = [
  'connection',
  'content-length',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
const NOT_BROUGHT_BACK = new Set([
  ...OF_THE_MESSAGE,
  'accept-ranges',
  'content-encoding',
  'content-range',
  ...[...SPOOFABLE, ...OFFLOAD_HEADERS].map((name) => name.toLowerCase()),
]);
const NOT_SET_FOR_THE_APPLICATION = new Set([
  ...OF_THE_MESSAGE,
  ...SPOOFABLE.map((name) => name.toLowerCase()),
]);
// eslint-disable-next-line no-control-regex
const CONTROL = /[\0-\x1f\x7f]/;

/**
 * Checks a list of headers that are to reach clients.
 *
 * @throws InvalidOptionsError for what is no name, or that of a header which servers make themselves
 * @internal
 */
export function checkHeaderNames(
  option: string,
  names: unknown,
): readonly string[] {
  if (!Array.isArray(names)) {
    throw new InvalidOptionsError(
      option,
      names,
      "Give a list of names: ['X-Document-Id'].",
    );
  }
  return names.map((name: unknown, index) => {
    const isName = typeof name === 'string' && TOKEN.test(name);
    if (isName && !NOT_BROUGHT_BACK.has(name.toLowerCase())) return name;
    throw new InvalidOptionsError(
      `${option}[${index}]`,
      name,
      'Give the name of a header that the application sets: the length, the coding, ranges and the offload are not its.',
    );
  });
}

/**
 * Each name once, whatever its spelling.
 *
 * @internal
 */
export function uniqueNames(names: readonly string[]): readonly string[] {
  return [...new Map(names.map((name) => [name.toLowerCase(), name])).values()];
}

/**
 * Checks headers that the application is to get, by name.
 *
 * @throws InvalidOptionsError for what is no header, or one of the connection or the offload
 * @internal
 */
export function checkRequestHeaders(
  headers: unknown,
): Readonly<Record<string, string>> {
  const option = 'serverConfig.requestHeaders';
  if (typeof headers !== 'object' || headers === null) {
    throw new InvalidOptionsError(
      option,
      headers,
      "Give values by name: { 'X-Real-IP': '$remote_addr' }.",
    );
  }
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]: [string, unknown]) => {
      const isName =
        TOKEN.test(name) &&
        !NOT_SET_FOR_THE_APPLICATION.has(name.toLowerCase());
      if (isName && typeof value === 'string' && !CONTROL.test(value)) {
        return [name, value];
      }
      throw new InvalidOptionsError(
        `${option}.${name}`,
        value,
        'Give the name of a header that is neither of the connection nor of the offload, and a text without control characters.',
      );
    }),
  );
}

/**
 * Puts headers in the place of those of the same name, and the others behind them.
 *
 * @internal
 */
export function withHeaders(
  printed: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>>,
): (readonly [name: string, value: string])[] {
  const names = new Set(Object.keys(given).map((name) => name.toLowerCase()));
  return [
    ...Object.entries(printed).filter(
      ([name]) => !names.has(name.toLowerCase()),
    ),
    ...Object.entries(given),
  ];
}
