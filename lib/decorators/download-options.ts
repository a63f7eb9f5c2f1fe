import { type ExecutionContext } from '@nestjs/common';

import { type DownloadResponseOptions } from '../responses/download-response.js';

/**
 * Options of @Download().
 *
 * @publicApi
 */
export type DownloadOptions = Omit<DownloadResponseOptions, 'fileNotFound'>;

/** @internal */
export const DOWNLOAD_METADATA = 'nestjs-downloadview:download';

/**
 * What @Download() says about a handler, on itself and on its controller.
 *
 * @returns undefined where there is none
 * @internal
 */
export function downloadOptionsOf(
  context: Pick<ExecutionContext, 'getHandler' | 'getClass'>,
): DownloadOptions | undefined {
  const onHandler = optionsOn(context.getHandler());
  const onClass = optionsOn(context.getClass());
  return onHandler || onClass ? { ...onClass, ...onHandler } : undefined;
}

function optionsOn(target: object): DownloadOptions | undefined {
  return Reflect.getMetadata(DOWNLOAD_METADATA, target) as
    DownloadOptions | undefined;
}
