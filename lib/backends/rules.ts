/**
 * Files below a directory of this machine, for a server that is told paths.
 *
 * @publicApi
 */
export interface DirectoryPathRule {
  /** A directory as the application sees it: `/srv/media/`. */
  readonly sourceDir: string;
  /** The same directory as the server sees it, where that differs (containers, mounts). */
  readonly destinationDir?: string;
}

/**
 * Files whose `url` begins with a prefix, for a server that is told paths.
 *
 * @publicApi
 */
export interface UrlPathRule {
  /** What the file's `url` begins with: `/media/`. */
  readonly sourceUrl: string;
  /** The directory as the server sees it: `/mnt/media/`. */
  readonly destinationDir: string;
}

/**
 * Which files a server can reach that is told their paths: Apache, lighttpd.
 *
 * @publicApi
 */
export type PathRule = DirectoryPathRule | UrlPathRule;

/**
 * Files below a directory of this machine, and where the server finds them.
 *
 * @publicApi
 */
export interface DirectoryRule extends DirectoryPathRule {
  /** The server's internal location: `/_offload/`. */
  readonly destination: string;
}

/**
 * Files whose `url` begins with a prefix, and where the server finds them.
 *
 * @publicApi
 */
export interface UrlRule extends UrlPathRule {
  /** The server's internal location: `/_media/`. */
  readonly destination: string;
}

/**
 * Which files a server can reach that is told internal locations: nginx, Caddy.
 *
 * @publicApi
 */
export type LocationRule = DirectoryRule | UrlRule;

/**
 * What a rule matches: a directory or a URL prefix, with a slash at its end.
 *
 * @internal
 */
export function sourceOf(rule: PathRule): string {
  return 'sourceDir' in rule ? rule.sourceDir : rule.sourceUrl;
}

/**
 * The directory of a rule as the server sees it, with a slash at its end.
 *
 * @internal
 */
export function directoryOf(rule: PathRule): string {
  return 'sourceDir' in rule
    ? (rule.destinationDir ?? rule.sourceDir)
    : rule.destinationDir;
}
