import { BROUGHT_BACK, upstreamVariable, VALIDATORS } from './nginx-headers.js';

/** What the application says of the file in the store's place, and nginx would not bring by itself. */
const SAID_BY_US = [...VALIDATORS, ...BROUGHT_BACK];
/** What a store says, and the client is not to get. */
const NOT_OF_THE_STORE = [
  'Content-Type',
  'Content-Disposition',
  'Cache-Control',
  'Expires',
  'Set-Cookie',
  ...SAID_BY_US,
  'X-Content-Type-Options',
  'Access-Control-Allow-Methods',
  'Access-Control-Allow-Headers',
  'Access-Control-Max-Age',
  'Alt-Svc',
  'Clear-Site-Data',
  'Content-Location',
  'Link',
  'Location',
  'NEL',
  'Pragma',
  'Refresh',
  'Report-To',
  'Reporting-Endpoints',
  'WWW-Authenticate',
  'X-Amz-Id-2',
  'X-Amz-Request-Id',
];
const ACCEL = [
  'X-Accel-Redirect',
  'X-Accel-Expires',
  'X-Accel-Limit-Rate',
  'X-Accel-Buffering',
  'X-Accel-Charset',
];
/** How an answer ends that is no file. Every other status from 300 on is a 502. */
const ENDINGS: Readonly<Record<string, readonly number[]>> = {
  '=404 @download_gone': [404, 410],
  '=416 @download_unsatisfiable': [416],
  '=504 @download_late': [504],
};
/** nginx has it for clients that left, and allows no page for it. */
const CLIENT_LEFT = 499;

/**
 * Keeps what the application said: once the store answers, its headers take the place of those.
 *
 * @internal
 */
export function keepingLines(): string[] {
  return SAID_BY_US.map(
    (name) => `set ${keptVariable(name)} ${upstreamVariable(name)};`,
  );
}

/**
 * What becomes of the store's answer: of one that is a file the bytes, and the application's headers; of
 * any other nothing.
 *
 * @internal
 */
export function answerLines(): string[] {
  return [
    'proxy_redirect off;',
    `proxy_ignore_headers ${ACCEL.join(' ')};`,
    'proxy_headers_hash_max_size 1024;',
    'proxy_headers_hash_bucket_size 128;',
    ...NOT_OF_THE_STORE.map((name) => `proxy_hide_header ${name};`),
    'proxy_intercept_errors on;',
    ...Object.entries(ENDINGS).map(
      ([ending, codes]) => `error_page ${codes.join(' ')} ${ending};`,
    ),
    ...failures().map((codes) => `error_page ${codes} =502 @download_failed;`),
    'gzip off;  # it would take the ranges away',
    'add_header X-Content-Type-Options nosniff always;',
    ...SAID_BY_US.map((name) => `add_header ${name} ${keptVariable(name)};`),
  ];
}

/** A line for each hundred. */
function failures(): string[] {
  const others = [...Object.values(ENDINGS).flat(), CLIENT_LEFT];
  return [300, 400, 500].map((first) =>
    Array.from({ length: 100 }, (_, index) => first + index)
      .filter((status) => !others.includes(status))
      .join(' '),
  );
}

function keptVariable(header: string): string {
  return upstreamVariable(header).replace('$upstream_http', '$download');
}
