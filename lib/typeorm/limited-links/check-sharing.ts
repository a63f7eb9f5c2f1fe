import { InvalidOptionsError } from '../../errors/download-errors.js';

/**
 * Checks once, at boot, what a controller of limited links has besides the options of all downloads.
 *
 * @param name of the controller
 * @param parameters names of the parameters in its route
 * @throws InvalidOptionsError
 * @internal
 */
export function checkSharing(
  name: string,
  controller: { readonly confirm: unknown; readonly getSharedFile: unknown },
  parameters: readonly string[],
): void {
  const { confirm, getSharedFile } = controller;
  if (typeof confirm !== 'boolean') {
    throw new InvalidOptionsError(
      `${name}.confirm`,
      confirm,
      'Give true or false.',
    );
  }
  if (!parameters.includes('link')) {
    throw new InvalidOptionsError(
      `${name}.link`,
      undefined,
      "Its route has no parameter :link: @Controller('shared/:link').",
    );
  }
  if (typeof getSharedFile !== 'function') {
    throw new InvalidOptionsError(
      `${name}.getSharedFile`,
      undefined,
      'Override getSharedFile(link, request).',
    );
  }
}
