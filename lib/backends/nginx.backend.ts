import { access } from 'node:fs/promises';

import { quote } from '../errors/quote.js';
import { isText, parseMediaType } from '../http/media-type.js';
import { type DownloadDescription } from '../responses/describe.js';
import { ProxiedDownloadResponse } from '../responses/proxied-download-response.js';
import { type ResponseHeaders } from '../responses/response-headers.js';
import {
  type DownloadBackend,
  type ProxiableDownload,
  type ServerConfigOptions,
} from '../responses/download-backend.js';
import { encodedLocation, locate } from './locate.js';
import { nginxConfig } from './nginx-config.js';
import { checkNginxOptions, type NginxOptions } from './nginx-options.js';
import { nginxValidators } from './nginx-validators.js';
import { checkLocationRules, type LocationRule } from './rules.js';

// nginx makes these itself for the file it sends.
const NGINX_S_OWN = new Set(['etag', 'last-modified', 'accept-ranges']);

/**
 * nginx in front: files below the rules' directories go out by `X-Accel-Redirect`, conditions and
 * ranges are nginx's. A file with a content coding of its own is streamed, since nginx drops the header
 * and the client would save a broken file.
 *
 * ```ts
 * nginx({ rules: [{ sourceDir: '/srv/media/', destination: '/_offload/' }] })
 * ```
 *
 * Of an answer's headers nginx keeps Content-Type, Content-Disposition, Cache-Control, Expires and
 * Set-Cookie; `serverConfig()` prints the configuration that brings the others back.
 *
 * @throws InvalidOptionsError for options that nginx would not obey
 * @publicApi
 */
export function nginx(options: NginxOptions): DownloadBackend {
  checkNginxOptions(options);
  const rules = checkLocationRules(options.rules);
  const settings = accelHeaders(options);
  return {
    name: 'nginx',
    validators: nginxValidators,
    // By default nginx would spool what the application streams to its own disk.
    streamHeaders: accelHeaders({
      limitRate: options.limitRate,
      buffering: options.buffering ?? false,
    }),
    async proxy(response: ProxiableDownload) {
      const description = await response.describe();
      if (isCoded(description)) return undefined;
      const found = await locate(response.file, rules);
      if (!found) return undefined;
      const location = encodedLocation(found.rule.destination, found.segments);
      return new ProxiedDownloadResponse('X-Accel-Redirect', location, {
        ...keptHeaders(description.headers),
        ...charsetHeader(options.charset, description),
        ...settings,
      });
    },
    serverConfig(server: ServerConfigOptions) {
      return nginxConfig(rules, server, options.charset);
    },
    async warnings() {
      const missing = await Promise.all(rules.map(missingSource));
      return missing.filter((warning) => warning !== undefined);
    },
  };
}

function keptHeaders(headers: ResponseHeaders): ResponseHeaders {
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) => !NGINX_S_OWN.has(name.toLowerCase()),
    ),
  );
}

function isCoded({ encoding, headers }: DownloadDescription): boolean {
  return (
    encoding !== undefined ||
    Object.keys(headers).some(
      (name) => name.toLowerCase() === 'content-encoding',
    )
  );
}

/** nginx reads numbers only: it ignores `off`, and 0 stands for no limit and for no caching. */
function accelHeaders({
  expires,
  buffering,
  limitRate,
}: Partial<NginxOptions>): ResponseHeaders {
  const headers: Record<string, string> = {};
  if (expires instanceof Date) {
    headers['X-Accel-Expires'] = `@${Math.floor(expires.getTime() / 1000)}`;
  } else if (expires !== undefined) {
    headers['X-Accel-Expires'] = String(Number(expires));
  }
  if (buffering !== undefined) {
    headers['X-Accel-Buffering'] = buffering ? 'yes' : 'no';
  }
  if (limitRate !== undefined) {
    headers['X-Accel-Limit-Rate'] = String(Number(limitRate));
  }
  return headers;
}

/**
 * Texts only: nginx would write the charset behind any type. And only one that its configuration names:
 * it takes the charset away from a type whose charset it does not know.
 */
function charsetHeader(
  configured: string | undefined,
  { contentType }: DownloadDescription,
): ResponseHeaders {
  const media = parseMediaType(contentType);
  if (!media || !isText(media.type)) return {};
  const charset = media.charset ?? configured;
  return charset !== undefined && [configured, 'utf-8'].includes(charset)
    ? { 'X-Accel-Charset': charset }
    : {};
}

async function missingSource(rule: LocationRule): Promise<string | undefined> {
  if (!('sourceDir' in rule)) return undefined;
  try {
    await access(rule.sourceDir);
    return undefined;
  } catch {
    return (
      `sourceDir ${quote(rule.sourceDir)} of an nginx rule does not exist or cannot be entered: ` +
      'no file of it is offloaded. Create it, or correct the rule.'
    );
  }
}
