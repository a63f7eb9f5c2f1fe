import { type DownloadBackend } from '../responses/download-backend.js';
import { type PathRule } from './rules.js';

/**
 * How a place is written in an offload header: as the bytes of its name, for a server that decodes
 * nothing, or with every byte percent-encoded but unreserved ones, for a server that decodes once.
 *
 * @publicApi
 */
export type PathEncoding = 'raw' | 'percent';

/**
 * What one web server makes of an offloaded answer. Servers differ in these values and in nothing else.
 *
 * @internal
 */
export interface ServerProfile<Rule extends PathRule> extends Pick<
  DownloadBackend,
  'name' | 'conditions' | 'mostRanges' | 'validators' | 'losesHeader'
> {
  readonly offloadHeader: 'X-Accel-Redirect' | 'X-Sendfile';
  /** What the server is told of a rule: its directory, or its internal location. */
  readonly placeOf: (rule: Rule) => string;
  /** How a place is written in the header. */
  readonly pathEncoding: PathEncoding;
  /** What no place may hold: the server would find another file, or none. */
  readonly untellable?: RegExp;
  /** Whether it opens a file that is reached over a symbolic link; true by default. */
  readonly followsLinks?: boolean;
  /** Whether it passes Content-Encoding on; otherwise the client would save a broken file. */
  readonly keepsCoding: boolean;
}
