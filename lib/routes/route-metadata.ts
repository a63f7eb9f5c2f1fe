import { RequestMethod, type Type } from '@nestjs/common';
import { MetadataScanner } from '@nestjs/core';

import { encodedLiterals } from './path-spellings.js';

// Nest's own keys. Importing the constants would need another path for each of its versions.
const PATH_METADATA = 'path';
const METHOD_METADATA = 'method';

type Path = string | string[] | undefined;
type Handler = (...parameters: never[]) => unknown;

const scanner = new MetadataScanner();
const originalPaths = new WeakMap<object, Path>();

/**
 * Whether a controller has a route for GET.
 *
 * @internal
 */
export function hasGetRoute(controller: Type): boolean {
  return handlersOf(controller).some((handler) => {
    const method: unknown = Reflect.getMetadata(METHOD_METADATA, handler);
    return method === RequestMethod.GET || method === RequestMethod.ALL;
  });
}

/**
 * Names of the parameters in a controller's routes, those of wildcards included.
 *
 * @internal
 */
export function routeParameters(controller: Type): string[] {
  return pathsOf(controller).flatMap((path) =>
    [...path.matchAll(/[:*]([\w$]+)/g)].map(([, name = '']) => name),
  );
}

/**
 * Names of the wildcards in a controller's routes. On Fastify the request does not tell: its wildcards have none.
 *
 * @internal
 */
export function wildcardsIn(controller: Type): Set<string> {
  const names = pathsOf(controller).flatMap((path) =>
    [...path.matchAll(/\*([\w$]+)/g)].map(([, name = '']) => name),
  );
  return new Set(names);
}

/**
 * Spells a controller's paths as the adapter wants them: `*path` is a boot error on Fastify, `*` warns on
 * Express, which compares a path as it comes, and so never meets a blank or an `ö`. One class may boot on both, one after the other, so each boot starts from what the
 * user wrote.
 *
 * @internal
 */
export function adaptPaths(controller: Type, isFastify: boolean): void {
  for (const target of [controller, ...handlersOf(controller)]) {
    const path = originalPath(target);
    if (path === undefined) continue;
    originalPaths.set(target, path);
    Reflect.defineMetadata(
      PATH_METADATA,
      mapped(path, isFastify ? nameless : encodedLiterals),
      target,
    );
  }
}

function mapped(
  path: string | string[],
  spell: (path: string) => string,
): string | string[] {
  return Array.isArray(path) ? path.map((one) => spell(one)) : spell(path);
}

function nameless(path: string): string {
  return path.replace(/\{?(\/?)\*[\w$]+\}?$/, '$1*');
}

/**
 * The paths of a controller, as they were written.
 *
 * @internal
 */
export function pathsOf(controller: Type): string[] {
  return [controller, ...handlersOf(controller)].flatMap(
    (target) => originalPath(target) ?? [],
  );
}

function originalPath(target: object): Path {
  return (
    originalPaths.get(target) ??
    (Reflect.getMetadata(PATH_METADATA, target) as Path)
  );
}

function handlersOf(controller: Type): Handler[] {
  const prototype = controller.prototype as object;
  return scanner
    .getAllMethodNames(prototype)
    .map((name) => Reflect.get(prototype, name) as Handler)
    .filter((handler) => Reflect.hasMetadata(METHOD_METADATA, handler));
}
