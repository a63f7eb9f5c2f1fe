import { answerOtherMethod, isDownloadRoute } from './download-route.js';

interface FastifyRoute {
  readonly method: string | readonly string[];
  readonly url: string;
  readonly config?: unknown;
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
  addHook(name: 'onRoute', hook: (route: FastifyRoute) => void): unknown;
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
 * Sees the routes as they are registered; Fastify does not list them afterwards.
 *
 * @internal
 */
export class FastifyOtherMethods {
  readonly #routes: FastifyRoute[] = [];

  constructor(private readonly application: FastifyApplication) {
    application.addHook('onRoute', (route) => void this.#routes.push(route));
  }

  /**
   * Answers the other methods of download routes. To be called after all routes are registered: where
   * the application has a route for a method, however general, it is left alone.
   */
  answer(): void {
    const routes = [...this.#routes];
    const urls = new Set(
      routes
        .filter(({ config }) => isDownloadRoute(config))
        .map(({ url }) => url),
    );
    for (const url of urls) {
      const taken = methodsAt(routes, url);
      const others = this.application.supportedMethods.filter(
        (method) => !taken.has(method),
      );
      if (others.length > 0) this.#register(url, others, [...taken]);
    }
  }

  #register(url: string, method: string[], allowed: string[]): void {
    this.application.route({
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
}

function methodsAt(routes: readonly FastifyRoute[], url: string): Set<string> {
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
