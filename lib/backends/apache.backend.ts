import {
  type DownloadBackend,
  type ServerConfigOptions,
} from '../responses/download-backend.js';
import { apacheConfig } from './apache-config.js';
import { strongTag } from './file-validators.js';
import { checkPathRules } from './check-rules.js';
import { directoryOf, type PathRule } from './rules.js';
import { serverBackend } from './server-backend.js';
import {
  checkKnownOptions,
  checkPathEncoding,
} from './server-backend-options.js';
import { type PathEncoding, type ServerProfile } from './server-profile.js';

/**
 * Options of apache().
 *
 * @publicApi
 */
export interface ApacheOptions {
  /** Which files Apache can reach. */
  readonly rules: readonly PathRule[];
  /**
   * How mod_xsendfile takes a path: `raw` up to 0.12 (Debian 12), `percent` from 1.0 (Debian 13). A name
   * with a `%` is streamed where it is `raw`: after an upgrade it would be taken for another one.
   */
  readonly pathEncoding: PathEncoding;
}

const PROFILE: Omit<ServerProfile<PathRule>, 'pathEncoding'> = {
  name: 'apache',
  offloadHeader: 'X-Sendfile',
  placeOf: directoryOf,
  keepsCoding: false,
  conditions: 'application',
  mostRanges: 50,
  validators: strongTag,
  losesHeader: (header) => header.toLowerCase() === 'content-encoding',
};
// A line end, a blank that is cut off, what Node puts in no header, and what 1.0 would decode.
// eslint-disable-next-line no-control-regex
const NOT_RAW = /[\0-\x08\x0a-\x1f\x7f%]|[\t ]$/;

/**
 * Apache with mod_xsendfile in front: files below the rules' directories go out by `X-Sendfile`, with all
 * headers of the answer. The application answers conditions, Apache ranges.
 *
 * ```ts
 * apache({ rules: [{ sourceDir: '/srv/media/' }], pathEncoding: 'raw' })
 * ```
 *
 * The application sends a file itself that has a content coding, or a name that this mod_xsendfile cannot
 * be told. `serverConfig()` prints the configuration.
 *
 * @throws InvalidOptionsError for options that Apache would not obey
 * @publicApi
 */
export function apache(options: ApacheOptions): DownloadBackend {
  checkKnownOptions(
    'apache',
    options,
    ['rules', 'pathEncoding'],
    "{ rules: [...], pathEncoding: 'raw' }",
  );
  checkPathEncoding(
    'apache',
    options,
    "Give 'raw' for mod_xsendfile up to 0.12 (Debian 12), 'percent' from 1.0 (Debian 13).",
  );
  const rules = checkPathRules(options.rules);
  const { pathEncoding } = options;
  const profile = {
    ...PROFILE,
    pathEncoding,
    untellable: pathEncoding === 'raw' ? NOT_RAW : undefined,
  };
  return {
    ...serverBackend(profile, rules),
    serverConfig: (server: ServerConfigOptions) => apacheConfig(rules, server),
  };
}
