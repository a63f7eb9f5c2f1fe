/** How a web server is run in the foreground, with a configuration that the library printed. */
export interface WebServer {
  readonly command: string;
  /** What to type where the command is missing. */
  readonly install: string;
  /** The line of its log that says that it listens. */
  readonly listening: RegExp;
  readonly args: (configuration: string) => string[];
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

/** By the name of the backend that speaks to it. */
export const webServers = new Map([['nginx', nginx]]);
