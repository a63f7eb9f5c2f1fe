import {
  type DownloadBackend,
  type ServerConfigOptions,
} from '../responses/download-backend.js';
import { strongTagAndDiskDate } from './file-validators.js';
import { checkLighttpdDirectories, lighttpdConfig } from './lighttpd-config.js';
import { checkPathRules } from './check-rules.js';
import { directoryOf, type PathRule } from './rules.js';
import { serverBackend } from './server-backend.js';
import { checkKnownOptions } from './server-backend-options.js';
import { type ServerProfile } from './server-profile.js';

/**
 * Options of lighttpd().
 *
 * @publicApi
 */
export interface LighttpdOptions {
  /** Which files lighttpd can reach. */
  readonly rules: readonly PathRule[];
}

const PROFILE: ServerProfile<PathRule> = {
  name: 'lighttpd',
  offloadHeader: 'X-Sendfile',
  placeOf: directoryOf,
  pathEncoding: 'percent',
  // It writes `_` in place of control characters, and so finds another file.
  // eslint-disable-next-line no-control-regex
  untellable: /[\0-\x1f\x7f]/,
  followsLinks: false,
  keepsCoding: true,
  conditions: 'application',
  // It would send one range from the first byte of all to the last.
  mostRanges: 1,
  validators: strongTagAndDiskDate,
};

/**
 * lighttpd in front: files below the rules' directories go out by `X-Sendfile`, with all headers of the
 * answer, Content-Encoding included. The application answers conditions, and requests for several ranges;
 * lighttpd answers requests for one.
 *
 * ```ts
 * lighttpd({ rules: [{ sourceDir: '/srv/media/' }] })
 * ```
 *
 * Last-Modified is always the file's own time on the disk: lighttpd compares with nothing else. The
 * application sends a file itself whose path holds a control character, or whose `sourceDir` is reached
 * over a symbolic link: lighttpd follows none, so give what it leads to as `destinationDir`.
 * `serverConfig()` prints the configuration.
 *
 * @throws InvalidOptionsError for options that lighttpd would not obey
 * @publicApi
 */
export function lighttpd(options: LighttpdOptions): DownloadBackend {
  checkKnownOptions('lighttpd', options, ['rules'], '{ rules: [...] }');
  const rules = checkPathRules(options.rules);
  checkLighttpdDirectories(rules);
  return {
    ...serverBackend(PROFILE, rules),
    serverConfig: (server: ServerConfigOptions) =>
      lighttpdConfig(rules, server),
  };
}
