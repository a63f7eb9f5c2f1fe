import { RequestMethod } from '@nestjs/common';

import { decodedSegments, pathOfTarget } from './path-spellings.js';

/**
 * What Fastify tells of a route when it is registered; it does not list them afterwards.
 *
 * @internal
 */
export interface FastifyRoute {
  readonly method: string | readonly string[];
  readonly url: string;
  readonly config?: unknown;
}

/**
 * The part of Fastify's instance that is used.
 *
 * @internal
 */
export interface FastifyInstance {
  readonly initialConfig?: {
    readonly caseSensitive?: boolean;
    readonly routerOptions?: { readonly caseSensitive?: boolean };
  };
  addHook(name: 'onRoute', hook: (route: FastifyRoute) => void): unknown;
}

type MiddlewareFactory = (path: string, callback: never) => unknown;

/**
 * The part of Nest's adapter for Fastify that is used.
 *
 * @internal
 */
export interface FastifyAdapter {
  getInstance(): FastifyInstance;
  use(...parameters: unknown[]): unknown;
  createMiddlewareFactory(
    method: RequestMethod,
  ): MiddlewareFactory | Promise<MiddlewareFactory>;
}

/**
 * The part of Fastify's request that is used.
 *
 * @internal
 */
export interface FastifyRequest {
  readonly method: string;
  readonly url: string;
  readonly server: FastifyInstance;
  readonly routeOptions: { readonly url?: string };
}

const known = new WeakMap<object, FastifyRoutes>();

/**
 * The routes of an application, and the middleware that is bound to a path, in the order in which they are
 * registered.
 *
 * @internal
 */
export class FastifyRoutes {
  readonly routes: FastifyRoute[] = [];
  readonly #middleware: { method?: string; path: string }[] = [];
  readonly #ignoresCase: boolean;

  private constructor(instance: FastifyInstance) {
    const { caseSensitive, routerOptions } = instance.initialConfig ?? {};
    this.#ignoresCase =
      (routerOptions?.caseSensitive ?? caseSensitive) === false;
    instance.addHook('onRoute', (route) => void this.routes.push(route));
  }

  /** Watches an application, once: the earlier, the more it sees. */
  static of(adapter: FastifyAdapter): FastifyRoutes {
    const instance = adapter.getInstance();
    const routes = known.get(instance) ?? new FastifyRoutes(instance);
    if (!known.has(instance)) routes.#watchMiddleware(adapter);
    known.set(instance, routes);
    return routes;
  }

  /** Those of the application that answers a request; plugins have instances that inherit from its own. */
  static answering({ server }: FastifyRequest): FastifyRoutes | undefined {
    for (
      let instance: unknown = server;
      typeof instance === 'object' && instance !== null;
      instance = Object.getPrototypeOf(instance)
    ) {
      const routes = known.get(instance);
      if (routes) return routes;
    }
    return undefined;
  }

  /**
   * Whether the decoded path of a request leads to another route than the one it has come to, or meets
   * middleware that it has not met. Fastify compares a path in which `# $ & + , / : ; = ? @` are still
   * encoded, if they came so.
   *
   * @throws URIError for a malformed encoding
   */
  hasPassedNeighbour({ method, url, routeOptions }: FastifyRequest): boolean {
    const path = pathOfTarget(url);
    if (!RESERVED.test(path)) return false;
    const routed = this.#segments(path.split('/').map(decodeURI));
    const decoded = decodedSegments(path);
    const [own = []] = patternsOf(this.#cased(routeOptions.url ?? ''));
    return [decoded, decoded.join('/').split('/')]
      .map((segments) => this.#segments(segments))
      .some(
        (segments) =>
          this.#otherRoute(segments, routed, own, method) ||
          this.#otherMiddleware(segments, routed, method),
      );
  }

  #otherRoute(
    decoded: readonly string[],
    routed: readonly string[],
    own: readonly Segment[],
    method: string,
  ): boolean {
    return this.routes.some(({ method: methods, url }) => {
      if (![methods].flat().some((one) => serves(one, method))) return false;
      return patternsOf(this.#cased(url)).some(
        (pattern) =>
          isMatch(pattern, decoded) &&
          !isMatch(pattern, routed) &&
          isPreferred(pattern, own),
      );
    });
  }

  #otherMiddleware(
    decoded: readonly string[],
    routed: readonly string[],
    method: string,
  ): boolean {
    return this.#middleware.some(({ method: only, path }) => {
      if (only !== undefined && !serves(only, method)) return false;
      // Whatever begins with the path: more than Nest matches, and so never too little.
      return patternsOf(this.#cased(beginningOf(path))).some(
        (beginning) =>
          isMatch([...beginning, TAIL], decoded) &&
          !isMatch([...beginning, TAIL], routed),
      );
    });
  }

  #watchMiddleware(adapter: FastifyAdapter): void {
    const create = adapter.createMiddlewareFactory.bind(adapter);
    adapter.createMiddlewareFactory = async (method) => {
      const use = await create(method);
      return (path, callback) => {
        // Nest's -1 is every method, as is ALL.
        const only =
          method === RequestMethod.ALL ? undefined : RequestMethod[method];
        this.#middleware.push({ method: only, path });
        return use(path, callback);
      };
    };
    const use = adapter.use.bind(adapter);
    adapter.use = (...parameters) => {
      for (const path of [parameters[0]].flat()) {
        if (typeof path === 'string') this.#middleware.push({ path });
      }
      return use(...parameters);
    };
  }

  #segments(segments: readonly string[]): string[] {
    return withoutEmpty(segments).map((segment) => this.#cased(segment));
  }

  #cased(text: string): string {
    return this.#ignoresCase ? text.toLowerCase() : text;
  }
}

function serves(method: string, asked: string): boolean {
  return method === asked || (method === 'GET' && asked === 'HEAD');
}

/** What Fastify does not decode before it compares. */
const RESERVED = /%(?:2[3-6bcf]|3[abdf]|40)/i;

/** In the order in which Fastify tries them. */
enum Kind {
  Text,
  Mixed,
  Parameter,
  Tail,
}

interface Segment {
  readonly kind: Kind;
  readonly text: string;
  readonly fits: (segment: string) => boolean;
}

const TAIL: Segment = { kind: Kind.Tail, text: '*', fits: () => true };

/** The segments of Fastify's patterns: two where the last parameter may be left out. */
function patternsOf(url: string): Segment[][] {
  const texts = withoutEmpty(url.replace(/\?$/, '').split('/'));
  const pattern = texts.map(segmentOf);
  return url.endsWith('?') ? [pattern, pattern.slice(0, -1)] : [pattern];
}

/** After an expression of a parameter's own, anything may follow. */
function segmentOf(text: string): Segment {
  if (text.startsWith('*')) return TAIL;
  if (/^:\w+$/.test(text)) {
    return { kind: Kind.Parameter, text: ':', fits: () => true };
  }
  const literals = text
    .split(/(?<!:):\w+(?:\(.*)?|\*.*/s)
    .map((literal) => literal.replaceAll('::', ':'));
  if (literals.length === 1) {
    const [literal] = literals;
    return { kind: Kind.Text, text, fits: (segment) => segment === literal };
  }
  const escaped = literals.map((literal) =>
    literal.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'),
  );
  const expression = new RegExp(`^${escaped.join('.*')}$`, 's');
  return { kind: Kind.Mixed, text, fits: (one) => expression.test(one) };
}

function isMatch(
  pattern: readonly Segment[],
  segments: readonly string[],
): boolean {
  for (const [index, { kind, fits }] of pattern.entries()) {
    if (kind === Kind.Tail) return true;
    const segment = segments[index];
    if (segment === undefined || !fits(segment)) return false;
  }
  return pattern.length === segments.length;
}

/** Whether Fastify tries `pattern` before `own`, where both match. */
function isPreferred(
  pattern: readonly Segment[],
  own: readonly Segment[],
): boolean {
  for (const [index, { kind, text }] of pattern.entries()) {
    const other = own[index];
    if (other === undefined || kind !== other.kind) {
      return other === undefined || kind < other.kind;
    }
    if (text !== other.text) return true;
  }
  return false;
}

/** The constant beginning of a path of Nest's middleware, spelled as Fastify spells its routes. */
function beginningOf(path: string): string {
  const end = path.search(/(?<!\\)[{(*]/);
  const beginning =
    end < 0
      ? path.replace(/\$$/, '')
      : path.slice(0, path.lastIndexOf('/', end) + 1);
  return beginning.replace(/\\(.)/gs, (_, one: string) =>
    one === ':' ? '::' : one,
  );
}

/** Routers may be set to ignore empty segments, and here it is safe to. */
function withoutEmpty(segments: readonly string[]): string[] {
  return segments.filter((segment) => segment !== '');
}
