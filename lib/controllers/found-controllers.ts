import { type Type } from '@nestjs/common';
import { type ModulesContainer } from '@nestjs/core';

import { InvalidOptionsError } from '../errors/download-errors.js';
import { DownloadController } from './download.controller.js';
import { hasGetRoute, routeParameters } from './route-metadata.js';

/**
 * A DownloadController of the application.
 *
 * @internal
 */
export interface FoundController {
  readonly type: Type;
  /** Not there for controllers that are made for each request. */
  readonly instance?: DownloadController;
}

/**
 * The DownloadControllers of all modules.
 *
 * @internal
 */
export function foundControllers(modules: ModulesContainer): FoundController[] {
  return [...modules.values()]
    .flatMap((module) => [...module.controllers.values()])
    .flatMap(({ metatype, instance }) =>
      isDownloadController(metatype)
        ? [
            {
              type: metatype,
              instance: isMade(instance) ? instance : undefined,
            },
          ]
        : [],
    );
}

/**
 * Checks a controller once, at boot.
 *
 * @throws InvalidOptionsError where it has no route, or a wrong option
 * @internal
 */
export function checkController({ type, instance }: FoundController): void {
  if (!hasGetRoute(type)) {
    throw new InvalidOptionsError(
      `${type.name}.handleDownload`,
      'an override without a route',
      'Nest keeps routes on the function, so the override has none: override download(request) instead, or decorate it with @Get().',
    );
  }
  instance?.checkOptions(routeParameters(type));
}

function isDownloadController(metatype: unknown): metatype is Type {
  return (
    typeof metatype === 'function' &&
    metatype.prototype instanceof DownloadController
  );
}

/** In place of one that is made for each request, Nest holds an object that no constructor has seen. */
function isMade(instance: unknown): instance is DownloadController {
  return (
    instance instanceof DownloadController &&
    Object.hasOwn(instance, 'attachment')
  );
}
