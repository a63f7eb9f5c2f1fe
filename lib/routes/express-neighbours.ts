import { quote } from '../errors/download-errors.js';
import {
  encodedLiterals,
  otherSpellings,
  spelledAs,
} from './path-spellings.js';

/**
 * A layer of a router of Express: a route, a middleware, or a router of its own.
 *
 * @internal
 */
export interface ExpressLayer {
  readonly name?: string;
  readonly route?: ExpressRoute;
  /** A router that is mounted has a stack. */
  readonly handle: { readonly stack?: readonly ExpressLayer[] };
  /** The pattern, as it was written. */
  readonly rawPath?: unknown;
  /** Older routers keep here what they matched last, and answer with a boolean. */
  readonly path?: string;
  readonly params?: object;
  match(path: string): boolean | { readonly path: string };
}

interface ExpressRoute {
  readonly path: string | string[];
  readonly stack: readonly { readonly handle: object }[];
  readonly methods: Readonly<Record<string, boolean>>;
}

interface ExpressApplication {
  readonly router: { readonly stack: readonly ExpressLayer[] };
  /** Where it is mounted in another one. */
  readonly parent?: ExpressApplication;
}

/**
 * The part of Express's request that is used.
 *
 * @internal
 */
export interface ExpressRequest {
  readonly method: string;
  readonly app: ExpressApplication;
  readonly route?: ExpressRoute;
  readonly path: string;
  readonly baseUrl: string;
}

/**
 * Whether another spelling of a request's path meets a route or middleware, in front of the route that
 * this one has come to, that this one has not met. Express compares the path as it came, so that a guard of
 * `/files/members.txt` does not stand before `/files/members%2Etxt`.
 *
 * @throws URIError for a malformed encoding
 * @internal
 */
export function hasPassedNeighbourOnExpress(request: ExpressRequest): boolean {
  const { app, method, path, baseUrl, route } = request;
  const layers = inFront(app.router.stack, (layer) => layer.route === route);
  if (meetsMore(layers, path, method)) return true;
  let outermost = app;
  while (outermost.parent) outermost = outermost.parent;
  if (outermost === app) return false;
  const outer = inFront(
    outermost.router.stack,
    ({ name }) => name === 'mounted_app',
  );
  return meetsMore(outer, baseUrl + path, method);
}

/** Those before the last one that fits; all of them where none does. */
function inFront(
  layers: readonly ExpressLayer[],
  fits: (layer: ExpressLayer) => boolean,
): readonly ExpressLayer[] {
  const index = layers.findLastIndex(fits);
  return index < 0 ? layers : layers.slice(0, index);
}

function meetsMore(
  layers: readonly ExpressLayer[],
  path: string,
  method: string,
): boolean {
  const spellings = otherSpellings(path);
  return layers.some((layer) => {
    if (!takes(layer, method)) return false;
    for (const pattern of patternsOf(layer)) {
      if (pattern.includes('%')) spellings.add(spelledAs(pattern, path));
    }
    for (const spelling of spellings) {
      if (layerMeetsMore(layer, spelling, path, method)) return true;
    }
    return false;
  });
}

function layerMeetsMore(
  layer: ExpressLayer,
  spelling: string,
  path: string,
  method: string,
): boolean {
  const matched = matchedBy(layer, spelling);
  if (matched === undefined) return false;
  const alsoMatched = matchedBy(layer, path);
  if (alsoMatched === undefined) return true;
  const inner = layer.route ? undefined : layer.handle.stack;
  if (!inner) return false;
  const [spelledTail, tail] = [
    tailOf(spelling, matched),
    tailOf(path, alsoMatched),
  ];
  return inner.some(
    (one) =>
      takes(one, method) && layerMeetsMore(one, spelledTail, tail, method),
  );
}

/** The part of the path that a layer matches, undefined where it does not. */
function matchedBy(layer: ExpressLayer, path: string): string | undefined {
  const { params, path: before } = layer;
  try {
    const match = layer.match(path);
    if (match === false) return undefined;
    return typeof match === 'object' ? match.path : layer.path;
  } catch {
    // It matches; what it has caught does not decode.
    return path;
  } finally {
    // A request that came meanwhile must not find another one's parameters.
    if ('params' in layer) Object.assign(layer, { params, path: before });
  }
}

function tailOf(path: string, matched: string): string {
  const tail = path.slice(matched.length);
  return tail.startsWith('/') ? tail : `/${tail}`;
}

function takes({ route }: ExpressLayer, method: string): boolean {
  if (!route) return true;
  const { methods } = route;
  const name = method.toLowerCase();
  return (
    methods._all === true ||
    methods[name] === true ||
    (name === 'head' && methods.get === true)
  );
}

/**
 * The patterns of a layer that were written as texts, as far as its router keeps them.
 *
 * @internal
 */
export function patternsOf({ rawPath, route }: ExpressLayer): string[] {
  return [rawPath ?? route?.path]
    .flat(Infinity)
    .filter((pattern) => typeof pattern === 'string');
}

/**
 * What is wrong with patterns that no request meets: the guard of such a route never runs.
 *
 * @internal
 */
export function unreachableRoutes(layers: readonly ExpressLayer[]): string[] {
  // The library adds routes of its own behind each: what is said of one is said once.
  return [...misspelt(layers), ...new Set(shadowed(layers))];
}

/**
 * Routes behind one that takes all that is below a path: Express asks them in the order in which they were added.
 */
function shadowed(layers: readonly ExpressLayer[]): string[] {
  const routes = layers.filter((layer) => layer.route && takes(layer, 'GET'));
  const patterns = [...new Set(routes.flatMap(patternsOf))];
  return routes.flatMap((tail) => {
    const first = patternsOf(tail).find(isTail);
    if (first === undefined) return [];
    const behind = patterns.slice(patterns.indexOf(first) + 1);
    return behind
      .filter((pattern) => matchedBy(tail, sampleOf(pattern)) !== undefined)
      .map(
        (pattern) =>
          `Requests for ${quote(pattern)} come to ${quote(first)}, which stands before it, so that no guard of ` +
          `${quote(pattern)} runs: list its controller, or its module, before the other one.`,
      );
  });
}

function isTail(pattern: string): boolean {
  return /\/\*[\w$]+$/.test(pattern);
}

/** A path that the pattern matches. */
function sampleOf(pattern: string): string {
  return pattern.replace(/[:*][\w$]+/g, 'x').replace(/[{}]/g, '');
}

function misspelt(layers: readonly ExpressLayer[]): string[] {
  const patterns = new Set(layers.flatMap(patternsOf));
  return [...patterns]
    .filter((pattern) => encodedLiterals(pattern) !== pattern)
    .map(
      (pattern) =>
        `The path ${quote(pattern)} is never met: Express compares paths as they come, percent-encoded. ` +
        `Write it ${quote(encodedLiterals(pattern))}.`,
    );
}
