import { applyDecorators, SetMetadata } from '@nestjs/common';

import { InvalidOptionsError } from '../errors/download-errors.js';

/**
 * What @ApiDownload() says about a download in the OpenAPI document.
 *
 * @publicApi
 */
export interface ApiDownloadOptions {
  /** A short name of the operation. */
  readonly summary?: string;
  /** What the operation does, in CommonMark. */
  readonly description?: string;
  /** A name for the operation, in place of the one that @nestjs/swagger makes of class and method. */
  readonly operationId?: string;
  /** The media types that come; by default the type that the controller fixes, else `application/octet-stream`. */
  readonly contentType?: string | readonly string[];
  /** What the parameters of the path mean, by name. */
  readonly parameters?: Readonly<Record<string, string>>;
}

const API_DOWNLOAD = 'nestjs-downloadview:api-download';
const OPTIONS = [
  'summary',
  'description',
  'operationId',
  'contentType',
  'parameters',
];

/**
 * Says more about a download in the OpenAPI document than withDownloads() can know. On a class it holds for its
 * downloads; on a handler it comes first, and makes a download of a handler that has no `@Download()`, such as
 * one that returns `sendfile()`.
 *
 * ```ts
 * @ApiDownload({ summary: 'The invoice as PDF', contentType: 'application/pdf' })
 * @Controller('invoices/:id')
 * class InvoiceController extends ObjectDownloadController<Invoice> { ... }
 * ```
 *
 * @throws InvalidOptionsError for an option that is unknown
 * @publicApi
 */
export function ApiDownload(
  options: ApiDownloadOptions = {},
): ClassDecorator & MethodDecorator {
  for (const [name, value] of Object.entries(options)) {
    if (OPTIONS.includes(name)) continue;
    throw new InvalidOptionsError(
      `@ApiDownload().${name}`,
      value,
      `Known are ${OPTIONS.join(', ')}.`,
    );
  }
  return applyDecorators(SetMetadata(API_DOWNLOAD, options));
}

/**
 * What @ApiDownload() says about a class or a handler itself.
 *
 * @internal
 */
export function apiDownloadOptionsOf(
  target: object,
): ApiDownloadOptions | undefined {
  return Reflect.getMetadata(API_DOWNLOAD, target) as
    ApiDownloadOptions | undefined;
}
