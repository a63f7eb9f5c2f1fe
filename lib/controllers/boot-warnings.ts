import { type Type } from '@nestjs/common';

import { quote } from '../errors/quote.js';
import {
  type DownloadBackend,
  type DownloadSource,
} from '../responses/download-backend.js';
import { type FoundController } from './found-controllers.js';
import { pathsOf } from './route-metadata.js';

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
  return [...warnings];
}

/** A class of asController() has the name of the one that it extends: the paths tell them apart. */
function ownerOf(type: Type): string {
  const paths = pathsOf(type).filter((path) => path !== '/');
  return `${type.name} (${paths.map(quote).join(', ')})`;
}
