import {
  applyDecorators,
  Controller,
  type ControllerOptions,
  Inject,
  type InjectionToken,
  type Type,
} from '@nestjs/common';

import { InvalidOptionsError } from '../errors/download-errors.js';

/**
 * Where a controller's route is.
 *
 * @publicApi
 */
export type ControllerPath = string | string[] | ControllerOptions;

/** What a class of its own would set as a property, and not as a method. */
type PropertiesOf<T> = {
  [
    K in keyof T as T[K] extends (...parameters: never[]) => unknown ? never : K
  ]?: K extends 'repository' ? T[K] | InjectionToken : T[K];
};

/**
 * Options of asController(): the properties of the controller. A repository may be given by its
 * injection token: `getRepositoryToken(Document)`.
 *
 * @publicApi
 */
export type ControllerClassOptions<T> = PropertiesOf<T> & {
  /** Decorators for the class: `[UseGuards(AuthGuard)]`. */
  readonly decorators?: readonly ClassDecorator[];
  /**
   * The name of the class, by which throttlers, API documents and logs tell it from others; made of the
   * base and the route by default: `PathDownloadController_files_path`.
   */
  readonly name?: string;
};

/**
 * A class that extends `base`, with a route and its properties set.
 *
 * @internal
 */
export function controllerClass<T extends object>(
  base: abstract new (...dependencies: never[]) => T,
  path: ControllerPath,
  options: ControllerClassOptions<T> = {},
): Type<T> {
  const object: unknown = options;
  if (typeof object !== 'object' || object === null) {
    const accepted = "Give an object: { root: '/srv/media' }.";
    throw new InvalidOptionsError(base.name, object, accepted);
  }
  const { decorators = [], name: given, ...properties } = options;
  const list: unknown = decorators;
  if (!Array.isArray(list)) {
    throw new InvalidOptionsError(
      `${base.name}.decorators`,
      list,
      'Give a list: [UseGuards(AuthGuard)].',
    );
  }
  const [injected, assigned] = separate(properties);
  // Abstract for the compiler alone: what is missing is told at boot, by checkOptions().
  class AsController extends (base as unknown as Type<object>) {
    constructor(...dependencies: unknown[]) {
      super(...dependencies);
      for (const [name, value] of assigned) {
        requireOption(this, base.name, name, value);
      }
      Object.assign(this, Object.fromEntries(assigned));
    }
  }
  // Only those that need nothing of Nest to be made tell their options before the boot.
  if (ofTheLibrary.has(base)) new AsController();
  const name = given === undefined ? nameFor(base, path) : given;
  Object.defineProperty(AsController, 'name', {
    value: checkedName(base, name),
  });
  bases.set(AsController, base.name);
  for (const [name, token] of injected) {
    Inject(token)(AsController.prototype, name);
  }
  applyDecorators(controllerDecorator(path), ...decorators)(AsController);
  return AsController as Type<T>;
}

const ofTheLibrary = new WeakSet<object>();

/**
 * Has a class of the library, whose constructor takes and does nothing, refuse unknown options where they are
 * written.
 *
 * @internal
 */
export function checksAtOnce(controller: object): void {
  ofTheLibrary.add(controller);
}

type Property<V = unknown> = readonly [name: string, value: V];

/** What Nest injects, and what is set: an object that finds rows is a repository, else it is its token. */
function separate(
  properties: object,
): [injected: Property<InjectionToken>[], assigned: Property[]] {
  const entries: Property[] = Object.entries(properties);
  const isToken = ([name, value]: Property): boolean =>
    name === 'repository' && !isRepository(value);
  return [
    entries.filter((entry): entry is Property<InjectionToken> =>
      isToken(entry),
    ),
    entries.filter((entry) => !isToken(entry)),
  ];
}

function isRepository(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'findOne' in value;
}

function controllerDecorator(path: ControllerPath): ClassDecorator {
  return typeof path === 'string' || Array.isArray(path)
    ? Controller(path)
    : Controller(path);
}

/** Options are the controller's own properties; what it does is none. */
function requireOption(
  controller: object,
  base: string,
  name: string,
  given: unknown,
): void {
  if (Object.hasOwn(controller, name)) return;
  const inherited = inheritedProperty(controller, name) ?? {};
  const isMethod =
    'value' in inherited && typeof inherited.value === 'function';
  // `repository` is on the prototype: Nest injects it, where it is not given.
  if ('value' in inherited && !isMethod) return;
  throw new InvalidOptionsError(
    `${base}.${name}`,
    given,
    isMethod
      ? `It is a method of ${base}: extend the class and override it there.`
      : `${base} has no such option.`,
  );
}

/** What every object has is nobody's option. */
function inheritedProperty(
  object: object,
  name: string,
): PropertyDescriptor | undefined {
  const prototype = Object.getPrototypeOf(object) as object | null;
  if (prototype === null || prototype === Object.prototype) return undefined;
  return (
    Object.getOwnPropertyDescriptor(prototype, name) ??
    inheritedProperty(prototype, name)
  );
}

const bases = new WeakMap<object, string>();

/**
 * How messages name a controller: one of asController() by the class that its options are of.
 *
 * @internal
 */
export function nameOfController(controller: {
  readonly name: string;
}): string {
  return bases.get(controller) ?? controller.name;
}

/** Which route has which name: `docs/:path` and `docs/*path` look alike in letters and digits. */
const named = new Map<string, string>();

function nameFor(
  base: { readonly name: string },
  path: ControllerPath,
): string {
  const route =
    typeof path === 'object' && !Array.isArray(path)
      ? [path.path, path.version].flat()
      : [path].flat();
  const words = route
    .flatMap((part) => (typeof part === 'string' ? [part] : []))
    .join('/')
    .split(/[^\p{ID_Continue}$]+|_/u)
    .filter((word) => word !== '');
  const name = [base.name, ...words].join('_');
  const key = JSON.stringify([base.name, route.map(String)]);
  let free = name;
  for (let count = 2; (named.get(free) ?? key) !== key; count++) {
    free = `${name}_${count}`;
  }
  named.set(free, key);
  return free;
}

function checkedName(base: { readonly name: string }, name: unknown): string {
  if (
    typeof name === 'string' &&
    /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)
  ) {
    return name;
  }
  throw new InvalidOptionsError(
    `${base.name}.name`,
    name,
    "Give the name of a class: 'TermsController'.",
  );
}
