import { type ProgramName } from '../programs.js';

/** How a web server is run in the foreground, on a configuration that was printed for it. */
export interface WebServerKind {
  readonly program: ProgramName;
  /** What it is started with; its log is to go to stdout or stderr. */
  readonly parameters: (configuration: string) => readonly string[];
  /** A configuration around the printed one, which stands in `file`. */
  readonly around?: (file: string) => string;
  /** The line of its log that says that it listens. */
  readonly listens: RegExp;
  /** Whether it leaves root behind by itself, for the user that its configuration names. */
  readonly changesUser: boolean;
}

export const NGINX: WebServerKind = {
  program: 'nginx',
  parameters: (file) => [
    ...['-c', file, '-e', 'stderr'],
    ...['-g', 'daemon off; error_log stderr notice;'],
  ],
  listens: /start worker processes/,
  changesUser: true,
};

export const APACHE: WebServerKind = {
  program: 'apache2',
  parameters: (file) => [
    ...['-f', file, '-D', 'FOREGROUND'],
    ...['-c', 'ErrorLog "|/bin/cat"', '-c', 'LogLevel info'],
  ],
  listens: /resuming normal operations/,
  changesUser: true,
};

export const LIGHTTPD: WebServerKind = {
  program: 'lighttpd',
  parameters: (file) => ['-D', '-f', file],
  around: (file) => `include "${file}"\nserver.errorlog := ""\n`,
  listens: /server started/,
  changesUser: true,
};

export const CADDY: WebServerKind = {
  program: 'caddy',
  parameters: (file) => ['run', '--adapter', 'caddyfile', '--config', file],
  listens: /serving initial configuration/,
  changesUser: false,
};
