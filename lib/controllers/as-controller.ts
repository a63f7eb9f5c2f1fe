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
  const { decorators = [], ...properties } = options;
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
        if (!(name in this)) throw unknownProperty(base.name, name, value);
      }
      Object.assign(this, Object.fromEntries(assigned));
    }
  }
  Object.defineProperty(AsController, 'name', { value: base.name });
  for (const [name, token] of injected) {
    Inject(token)(AsController.prototype, name);
  }
  applyDecorators(controllerDecorator(path), ...decorators)(AsController);
  return AsController as Type<T>;
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

function unknownProperty(
  controller: string,
  name: string,
  value: unknown,
): InvalidOptionsError {
  return new InvalidOptionsError(
    `${controller}.${name}`,
    value,
    `${controller} has no such option.`,
  );
}
