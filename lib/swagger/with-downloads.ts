import {
  type INestApplication,
  RequestMethod,
  type Type,
} from '@nestjs/common';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { type OpenAPIObject } from '@nestjs/swagger';

import { DownloadController } from '../controllers/download.controller.js';
import { pathsOf, routeParameters } from '../routes/route-metadata.js';
import { downloadOptionsOf } from '../decorators/download.decorator.js';
import { signedUrlOptionsOf } from '../signing/signed-url.guard.js';
import { apiDownloadOptionsOf } from './api-download.decorator.js';
import { type DescribedDownload, describeOperation } from './operation.js';

// Keys of @nestjs/swagger and of Nest. Importing them would need another path for each of their versions.
const API_RESPONSES = 'swagger/apiResponse';
const METHOD_METADATA = 'method';

/** Responses that no application has: they tell, in the finished document, which operation is whose. */
const CLASS_MARK = '598';
const HANDLER_MARK = '599';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

interface Download {
  readonly type: Type;
  readonly instance?: object;
  readonly handler: (...parameters: never[]) => unknown;
}

/**
 * Describes downloads in the OpenAPI document of @nestjs/swagger: each DownloadController, each `@Download()` and
 * each `@ApiDownload()` handler gets the parameters of its path, the conditional and range headers, and the
 * answers 200, 206, 304, 404, 412, 416, and 403 where its link is signed. What the application has described
 * itself stays.
 *
 * ```ts
 * SwaggerModule.setup('api', app, withDownloads(app, () => SwaggerModule.createDocument(app, config)));
 * ```
 *
 * @param app the application, before or after `init()`
 * @param createDocument makes the document; it is called at each call of what comes back
 * @returns what `SwaggerModule.setup()` takes in place of a document
 * @publicApi
 */
export function withDownloads(
  app: INestApplication,
  createDocument: () => OpenAPIObject,
): () => OpenAPIObject {
  return () => {
    const downloads = downloadsOf(app.get(ModulesContainer));
    const document = withMarks(downloads, createDocument);
    return describeDownloads(document, downloads);
  };
}

function downloadsOf(modules: ModulesContainer): Download[] {
  const scanner = new MetadataScanner();
  return [...modules.values()]
    .flatMap(({ controllers }) => [...controllers.values()])
    .flatMap(({ metatype, instance }) => {
      if (typeof metatype !== 'function') return [];
      const type = metatype as Type;
      const prototype = type.prototype as object;
      return scanner
        .getAllMethodNames(prototype)
        .map((name) => Reflect.get(prototype, name) as Download['handler'])
        .filter((handler) => isDownload(type, handler))
        .map((handler) => ({ type, instance: instance, handler }));
    });
}

function isDownload(type: Type, handler: Download['handler']): boolean {
  if (!Reflect.hasMetadata(METHOD_METADATA, handler)) return false;
  const context = { getHandler: () => handler, getClass: () => type };
  return (
    downloadOptionsOf(context) !== undefined ||
    apiDownloadOptionsOf(handler) !== undefined
  );
}

/**
 * Operations do not say which class and method they come from, and one inherited method is the route of many
 * classes. So class and method carry a response of their own while the document is made.
 */
function withMarks(
  downloads: readonly Download[],
  createDocument: () => OpenAPIObject,
): OpenAPIObject {
  const classes = unique(downloads.map(({ type }) => type));
  const handlers = unique(downloads.map(({ handler }) => handler));
  const unmark = [
    ...classes.map((type, index) => mark(type, CLASS_MARK, index)),
    ...handlers.map((handler, index) => mark(handler, HANDLER_MARK, index)),
  ];
  try {
    return createDocument();
  } finally {
    for (const restore of unmark) restore();
  }
}

function mark(target: object, status: string, index: number): () => void {
  const own: unknown = Reflect.getOwnMetadata(API_RESPONSES, target);
  const known = (Reflect.getMetadata(API_RESPONSES, target) ?? {}) as object;
  Reflect.defineMetadata(
    API_RESPONSES,
    { ...known, [status]: { description: String(index) } },
    target,
  );
  return own === undefined
    ? () => void Reflect.deleteMetadata(API_RESPONSES, target)
    : () => Reflect.defineMetadata(API_RESPONSES, own, target);
}

function describeDownloads(
  document: OpenAPIObject,
  downloads: readonly Download[],
): OpenAPIObject {
  const classes = unique(downloads.map(({ type }) => type));
  const handlers = unique(downloads.map(({ handler }) => handler));
  const taken = new Set<string>();
  const paths: OpenAPIObject['paths'] = {};
  for (const [written, item] of Object.entries(document.paths)) {
    let path = written;
    const described = { ...item };
    for (const method of METHODS) {
      const operation = item[method];
      if (!operation) continue;
      const { responses = {} } = operation;
      const type = classes[indexOf(responses[CLASS_MARK])];
      const handler = handlers[indexOf(responses[HANDLER_MARK])];
      const unmarked = {
        ...operation,
        responses: omit(responses, [CLASS_MARK, HANDLER_MARK]),
      };
      const download = downloads.find(
        (one) => one.type === type && one.handler === handler,
      );
      if (download) path = withWrittenWildcard(written, download.type);
      described[method] = download
        ? describeOperation(
            unmarked,
            path,
            describedDownload(download, method),
            taken,
          )
        : unmarked;
    }
    paths[path] = { ...paths[path], ...described };
  }
  return { ...document, paths };
}

function describedDownload(
  { type, instance, handler }: Download,
  method: string,
): DescribedDownload {
  const context = { getHandler: () => handler, getClass: () => type };
  const own =
    instance instanceof DownloadController
      ? (instance as { contentType?: string; path?: string })
      : undefined;
  const {
    contentType,
    basename,
    acceptRanges = true,
  } = {
    ...own,
    ...downloadOptionsOf(context),
  } as {
    contentType?: string;
    basename?: string;
    acceptRanges?: boolean;
  };
  const wildcards = pathsOf(type).flatMap((path) =>
    [...path.matchAll(/\*([\w$]+)/g)].map(([, name = '']) => name),
  );
  return {
    contentType,
    fixedName: basename ?? own?.path,
    acceptsRanges: acceptRanges,
    isRead:
      method === 'get' &&
      Reflect.getMetadata(METHOD_METADATA, handler) !== RequestMethod.ALL,
    isSigned: signedUrlOptionsOf(context) !== undefined,
    wildcards,
    ...{ ...apiDownloadOptionsOf(type), ...apiDownloadOptionsOf(handler) },
  };
}

/** On Fastify a wildcard has lost its name when the document is made after `init()`: `*key` stands there as `*`. */
function withWrittenWildcard(path: string, type: Type): string {
  const names = routeParameters(type);
  const [wildcard] = pathsOf(type).flatMap((one) =>
    [...one.matchAll(/\*([\w$]+)/g)].map(([, name = '']) => name),
  );
  if (wildcard === undefined) return path;
  return path.replace(/\{([^{}]+)\}$/, (found, name: string) =>
    names.includes(name) ? found : `{${wildcard}}`,
  );
}

function indexOf(response: unknown): number {
  const { description } = (response ?? {}) as { description?: string };
  return description === undefined ? -1 : Number(description);
}

function omit<T>(
  values: Record<string, T>,
  names: string[],
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => !names.includes(name)),
  );
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
