/** How a web server is run in the foreground, with a configuration that the library printed. */
export interface WebServer {
  readonly command: string;
  /** What to type where the command is missing. */
  readonly install: string;
  /** The line of its log that says that it listens. */
  readonly listening: RegExp;
  readonly args: (configuration: string) => string[];
  /** What the configuration needs besides: a log that can be read here. */
  readonly addition?: string;
}

const nginx: WebServer = {
  command: 'nginx',
  install: 'apt-get install nginx-light',
  listening: /start worker processes/,
  args: (configuration) => [
    ...['-c', configuration],
    ...['-e', 'stderr'],
    ...['-g', 'daemon off; error_log stderr notice;'],
  ],
};

const apache: WebServer = {
  command: 'apache2',
  install: 'apt-get install apache2 libapache2-mod-xsendfile',
  listening: /resuming normal operations/,
  args: (configuration) => [
    ...['-f', configuration],
    ...['-D', 'FOREGROUND'],
    ...['-c', 'ErrorLog "|/bin/cat"'],
    ...['-c', 'LogLevel notice'],
  ],
};

const lighttpd: WebServer = {
  command: 'lighttpd',
  install: 'apt-get install lighttpd',
  listening: /server started/,
  args: (configuration) => ['-D', '-f', configuration],
  addition: 'server.errorlog := ""',
};

const caddy: WebServer = {
  command: 'caddy',
  install: 'apt-get install caddy',
  listening: /serving initial configuration/,
  args: (configuration) => [
    'run',
    ...['--adapter', 'caddyfile'],
    ...['--config', configuration],
  ],
};

/** By the name of the backend that speaks to it. */
export const webServers = new Map(
  Object.entries({ nginx, apache, lighttpd, caddy }),
);
