/**
 * nginx drops them from an offloaded answer. An empty variable adds no header.
 *
 * @internal
 */
export const BROUGHT_BACK = [
  'Content-Security-Policy',
  'Vary',
  'Content-Language',
  'Repr-Digest',
  'Referrer-Policy',
  'Permissions-Policy',
  'X-Frame-Options',
  'Cross-Origin-Resource-Policy',
  'Cross-Origin-Opener-Policy',
  'Cross-Origin-Embedder-Policy',
  'X-Robots-Tag',
  'Timing-Allow-Origin',
  'Access-Control-Allow-Origin',
  'Access-Control-Allow-Credentials',
  'Access-Control-Expose-Headers',
  'Strict-Transport-Security',
  'X-Download-Explain',
];

/**
 * What the application told nginx of the file.
 *
 * @internal
 */
export const VALIDATORS = ['ETag', 'Last-Modified'];

/** What nginx passes on by itself, or has of its own. */
const KEPT = [
  'Content-Type',
  'Content-Disposition',
  'Cache-Control',
  'Expires',
  'Set-Cookie',
  'X-Content-Type-Options',
];
const REACHING = new Set(
  [...KEPT, ...BROUGHT_BACK, ...VALIDATORS].map((name) => name.toLowerCase()),
);

/**
 * Whether a header of the application does not reach the client of a file that nginx sends.
 *
 * @param further names of headers that are brought back besides
 * @internal
 */
export function isLostByNginx(
  further: readonly string[] = [],
): (name: string) => boolean {
  const reaching = new Set(further.map((name) => name.toLowerCase()));
  return (name) =>
    !REACHING.has(name.toLowerCase()) && !reaching.has(name.toLowerCase());
}

/**
 * How nginx names a header of the answer that it has got last: `$upstream_http_vary`.
 *
 * @internal
 */
export function upstreamVariable(header: string): string {
  return `$upstream_http_${header.toLowerCase().replaceAll('-', '_')}`;
}

/**
 * A text as it stands in a configuration.
 *
 * @internal
 */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/**
 * What a store says, and the client is not to get.
 *
 * @internal
 */
export const NOT_OF_THE_STORE = [
  'Content-Type',
  'Content-Disposition',
  'Cache-Control',
  'Expires',
  'Set-Cookie',
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
  // nginx hides headers by their whole names alone.
  ...[
    'Expiration',
    'Id-2',
    'Replication-Status',
    'Request-Charged',
    'Request-Id',
    'Server-Side-Encryption',
    'Server-Side-Encryption-Aws-Kms-Key-Id',
    'Server-Side-Encryption-Customer-Key-MD5',
    'Storage-Class',
    'Tagging-Count',
    'Version-Id',
  ].map((name) => `X-Amz-${name}`),
  ...[
    'Encryption-Kms-Key-Name',
    'Generation',
    'Hash',
    'Metageneration',
    'Storage-Class',
  ].map((name) => `X-Goog-${name}`),
  'X-GUploader-UploadID',
  ...[
    'Blob-Content-MD5',
    'Creation-Time',
    'Encryption-Scope',
    'Lease-State',
    'Lease-Status',
    'Request-Id',
    'Version',
    'Version-Id',
  ].map((name) => `X-Ms-${name}`),
  'X-Openstack-Request-Id',
  'X-Trans-Id',
];
