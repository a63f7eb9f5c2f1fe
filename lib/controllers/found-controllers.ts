import { type Type } from '@nestjs/common';
import { type ModulesContainer } from '@nestjs/core';

import { InvalidOptionsError, quote } from '../errors/download-errors.js';
import {
  type DownloadBackend,
  type DownloadSource,
} from '../responses/download-backend.js';
import { type DownloadStorage } from '../storages/download-storage.js';
import { FileSystemStorage } from '../storages/file-system.storage.js';
import { isDirectory } from '../storages/local-disk.js';
import { nameOfController } from './as-controller.js';
import { DownloadController } from './download.controller.js';
import {
  hasGetRoute,
  routeParameters,
  pathsOf,
} from '../routes/route-metadata.js';

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

/** @internal */
export function isDownloadController(metatype: unknown): metatype is Type {
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

/**
 * What the backends make nothing of: their own rules, and what the controllers hand out by them. Each
 * backend is asked once.
 *
 * @param configured the module's
 * @internal
 */
export async function bootWarnings(
  controllers: readonly FoundController[],
  configured: DownloadBackend,
): Promise<readonly string[]> {
  const sources = new Map<DownloadBackend, DownloadSource[]>([
    [configured, []],
  ]);
  for (const { type, instance } of controllers) {
    const described = instance?.describeSource();
    if (!described) continue;
    const backend = instance?.backend ?? configured;
    const source = { owner: ownerOf(type), ...described };
    sources.set(backend, [...(sources.get(backend) ?? []), source]);
  }
  const warnings = new Set<string>();
  for (const [backend, given] of sources) {
    for (const warning of (await backend.warnings?.(given)) ?? []) {
      warnings.add(warning);
    }
  }
  const missing = await missingRoots(controllers);
  // A rule of a backend may have told of the same directory.
  const told = [...warnings].filter((one) => one.includes('does not exist'));
  const untold = missing.filter(
    ({ root }) => !told.some((warning) => warning.includes(`'${root}`)),
  );
  return [...warnings, ...untold.map(({ warning }) => warning)];
}

async function missingRoots(
  controllers: readonly FoundController[],
): Promise<{ root: string; warning: string }[]> {
  const missing = new Map<string, string>();
  for (const { type, instance } of controllers) {
    const root = await instance?.missingRoot();
    if (root === undefined || missing.has(root)) continue;
    missing.set(
      root,
      `${ownerOf(type)}: its root ${quote(root)} is no directory that the process can enter, so that ` +
        `all of its files are 404. Create it, or correct the root.`,
    );
  }
  return [...missing].map(([root, warning]) => ({ root, warning }));
}

/**
 * Storages whose root is no directory.
 *
 * @internal
 */
export async function storageWarnings(
  storages: Readonly<Record<string, DownloadStorage>>,
): Promise<string[]> {
  const warnings: string[] = [];
  for (const [name, storage] of Object.entries(storages)) {
    if (!(storage instanceof FileSystemStorage)) continue;
    if (await isDirectory(storage.root)) continue;
    warnings.push(
      `storages.${name}: its root ${quote(storage.root)} is no directory that the process can enter, so that all of ` +
        `its files are 404. Create it, or correct the root; the first file that is saved creates it, too.`,
    );
  }
  return warnings;
}

/** The paths tell classes of asController() apart. */
function ownerOf(type: Type): string {
  const paths = pathsOf(type).filter((path) => path !== '/');
  return `${nameOfController(type)} (${paths.map(quote).join(', ')})`;
}
