import { type IncomingMessage, type ServerResponse } from 'node:http';

import { MethodNotAllowedException } from '@nestjs/common';

import { type ExpressLayer } from '../routes/express-neighbours.js';
import { type FastifyRoute } from '../routes/fastify-routes.js';

/**
 * Where Nest's Fastify adapter looks for a route's `config`; its decorator lives in an optional package.
 *
 * @internal
 */
export const FASTIFY_ROUTE_CONFIG = '__fastify_route_config__';

/**
 * What marks the route of a DownloadController, on the handler and in Fastify's route.
 *
 * @internal
 */
export const DOWNLOAD_ROUTE = { 'nestjs-downloadview': true } as const;

/**
 * Whether the configuration of a route carries the mark.
 *
 * @internal
 */
export function isDownloadRoute(config: unknown): boolean {
  return (
    typeof config === 'object' &&
    config !== null &&
    'nestjs-downloadview' in config
  );
}

/**
 * The answer to another method than those that exist there (RFC 9110 15.5.6). OPTIONS is told them
 * without being refused.
 *
 * @returns the error to be raised, none for OPTIONS
 * @internal
 */
export function answerOtherMethod(
  method: string,
  allowed: readonly string[],
  setHeader: (name: string, value: string) => void,
): MethodNotAllowedException | undefined {
  setHeader('Allow', allowed.join(', '));
  if (method === 'OPTIONS') return undefined;
  setHeader('Cache-Control', 'no-store');
  return new MethodNotAllowedException();
}

/**
 * The part of Express's application that is used.
 *
 * @internal
 */
export interface ExpressApplication {
  readonly router: { readonly stack: readonly ExpressLayer[] };
  all(path: string | string[], handler: ExpressHandler): unknown;
}

type ExpressHandler = (
  request: IncomingMessage & { readonly path: string },
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/**
 * Answers the other methods of download routes on Express. To be called after all routes are
 * registered: those of the application are asked first.
 *
 * @internal
 */
export function answerOtherMethodsOnExpress(
  application: ExpressApplication,
): void {
  const layers = [...application.router.stack];
  const paths = layers.filter(isDownloadLayer).map(({ route }) => route.path);
  for (const path of paths) {
    application.all(path, (request, response, next) => {
      const { method = 'GET' } = request;
      // A GET comes by where no version of the route fits.
      if (method === 'GET' || method === 'HEAD') return next();
      const error = answerOtherMethod(
        method,
        expressMethodsAt(layers, request.path),
        (name, value) => response.setHeader(name, value),
      );
      if (error) return next(error);
      response.writeHead(204).end();
    });
  }
}

function isDownloadLayer(
  layer: ExpressLayer,
): layer is ExpressLayer & Required<Pick<ExpressLayer, 'route'>> {
  return (layer.route?.stack ?? []).some(({ handle }) =>
    isDownloadRoute(Reflect.getMetadata(FASTIFY_ROUTE_CONFIG, handle)),
  );
}

function expressMethodsAt(
  layers: readonly ExpressLayer[],
  path: string,
): string[] {
  const methods = new Set(['GET', 'HEAD']);
  for (const layer of layers) {
    if (!layer.route || !layer.match(path)) continue;
    for (const method of Object.keys(layer.route.methods)) {
      if (method !== '_all') methods.add(method.toUpperCase());
    }
  }
  return [...methods];
}

interface FastifyReply {
  header(name: string, value: string): unknown;
  code(status: number): FastifyReply;
  send(): unknown;
}

/**
 * The part of Fastify's instance that is used.
 *
 * @internal
 */
export interface FastifyApplication {
  readonly supportedMethods: readonly string[];
  route(options: {
    method: string[];
    url: string;
    onRequest: (
      request: { readonly method: string },
      reply: FastifyReply,
      done: (error?: Error) => void,
    ) => void;
    handler: () => void;
  }): unknown;
}

/**
 * Answers the other methods of download routes on Fastify. To be called after all routes are registered:
 * where the application has a route for a method, however general, it is left alone.
 *
 * @internal
 */
export function answerOtherMethodsOnFastify(
  application: FastifyApplication,
  all: readonly FastifyRoute[],
): void {
  const routes = [...all];
  const urls = new Set(
    routes
      .filter(({ config }) => isDownloadRoute(config))
      .map(({ url }) => url),
  );
  for (const url of urls) {
    const taken = fastifyMethodsAt(routes, url);
    const others = application.supportedMethods.filter(
      (method) => !taken.has(method),
    );
    if (others.length > 0) register(application, url, others, [...taken]);
  }
}

function register(
  application: FastifyApplication,
  url: string,
  method: string[],
  allowed: string[],
): void {
  application.route({
    method,
    url,
    // Before the body is parsed: what is wrong is the method, not the body.
    onRequest: (request, reply, done) => {
      const error = answerOtherMethod(
        request.method,
        allowed,
        (name, value) => void reply.header(name, value),
      );
      if (error) done(error);
      else reply.code(204).send();
    },
    handler: () => undefined,
  });
}

function fastifyMethodsAt(
  routes: readonly FastifyRoute[],
  url: string,
): Set<string> {
  const methods = new Set(['GET', 'HEAD']);
  for (const route of routes) {
    if (!covers(route.url, url)) continue;
    for (const method of [route.method].flat()) methods.add(method);
  }
  return methods;
}

/** Whether every URL of the pattern `url` is also one of `pattern`: `/:kind/:id` covers `/documents/:slug`. */
function covers(pattern: string, url: string): boolean {
  const general = pattern.split('/');
  const special = url.split('/');
  for (const [index, segment] of general.entries()) {
    if (segment === '*') return special.length > index;
    const other = special[index];
    if (other === undefined || other === '*') return false;
    if (!segment.startsWith(':') && segment !== other) return false;
  }
  return general.length === special.length;
}
