import { type IncomingMessage, type ServerResponse } from 'node:http';

import {
  answerOtherMethod,
  FASTIFY_ROUTE_CONFIG,
  isDownloadRoute,
} from './download-route.js';

interface ExpressLayer {
  match(path: string): boolean;
  readonly route?: {
    readonly path: string | string[];
    readonly methods: Readonly<Record<string, boolean>>;
    readonly stack: readonly { readonly handle: object }[];
  };
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
        methodsAt(layers, request.path),
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

function methodsAt(layers: readonly ExpressLayer[], path: string): string[] {
  const methods = new Set(['GET', 'HEAD']);
  for (const layer of layers) {
    if (!layer.route || !layer.match(path)) continue;
    for (const method of Object.keys(layer.route.methods)) {
      if (method !== '_all') methods.add(method.toUpperCase());
    }
  }
  return [...methods];
}
