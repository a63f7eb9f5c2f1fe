import { InvalidOptionsError } from '../errors/download-errors.js';
import { LocalFile } from '../files/local-file.js';
import {
  checkPresentation,
  PRESENTATION_OPTIONS,
  type Presentation,
} from '../responses/presentation.js';
import { DownloadResponse } from '../responses/download-response.js';

/**
 * Options of sendfile().
 *
 * @publicApi
 */
export interface SendfileOptions extends Presentation {
  /**
   * The directory that the file must not leave, as an absolute path or a `file:` URL; give it where the path
   * comes from a request.
   */
  readonly root?: string | URL;
  /** Whether names that begin with a dot are handed out from below `root`; false by default. */
  readonly dotfiles?: boolean;
}

const NOT_TAKEN = ['backend', 'concurrent'];
const OPTIONS = [
  'root',
  'dotfiles',
  ...PRESENTATION_OPTIONS.filter((name) => !NOT_TAKEN.includes(name)),
];

/**
 * A file of a disk as a response, for any handler of any controller.
 *
 * ```ts
 * @Get('terms')
 * terms() {
 *   return sendfile('/srv/legal/terms-2026.pdf', { basename: 'terms.pdf' });
 * }
 * ```
 *
 * @param path absolute, or relative to `root`
 * @throws InvalidOptionsError for an option that is unknown or wrong, and a `root` that is undefined
 * @throws SuspiciousPathError for a path that leaves `root`, and without one for a path that is not its own
 *   normal form, such as `/srv/x/../y`; thrown in a handler it is 404
 * @publicApi
 */
export function sendfile(
  path: string,
  options: SendfileOptions = {},
): DownloadResponse {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null) {
    throw new InvalidOptionsError(
      'sendfile()',
      given,
      "Give { root: '/srv/media' }.",
    );
  }
  const { root, dotfiles, ...presentation } = options;
  checkPresentation('sendfile()', presentation, OPTIONS);
  if (dotfiles !== undefined && typeof dotfiles !== 'boolean') {
    throw new InvalidOptionsError(
      'sendfile().dotfiles',
      dotfiles,
      'Give true or false.',
    );
  }
  const file = new LocalFile(path, 'root' in options ? { root, dotfiles } : {});
  return new DownloadResponse(file, presentation);
}
