import { InvalidOptionsError } from '../errors/download-errors.js';
import { type ServerConfigOptions } from '../responses/download-backend.js';
import { directoriesOf, indent, SPOOFABLE } from './config-text.js';
import { directoryOf, type PathRule } from './rules.js';
import { serverPlaces, type ServerPlaces } from './server-address.js';

const PARSE_OPTIONS =
  'server.http-parseopts = ( "url-normalize" => "disable", "url-ctrls-reject" => "disable" )';

/**
 * A configuration of lighttpd for these rules: complete, or only what goes into one that is there already
 * and loads mod_setenv and mod_proxy. Tested with lighttpd 1.4.69.
 *
 * @internal
 */
export function lighttpdConfig(
  rules: readonly PathRule[],
  options: ServerConfigOptions,
): string {
  const places = serverPlaces(options);
  const site = siteLines(rules, places);
  const lines = options.include
    ? [
        '# Needs mod_setenv and mod_proxy; for names with control characters also, in no condition:',
        `# ${PARSE_OPTIONS}`,
        ...site,
      ]
    : [...serverLines(places, options.directory), '', ...site];
  return `${lines.join('\n')}\n`;
}

/**
 * @throws InvalidOptionsError for a directory that lighttpd's syntax cannot carry
 * @internal
 */
export function checkLighttpdDirectories(rules: readonly PathRule[]): void {
  rules.forEach((rule, index) => {
    const directory = directoryOf(rule);
    if (directory.includes('\\"')) {
      throw new InvalidOptionsError(
        `rules[${index}]`,
        directory,
        'Give a directory without a backslash before a quote: lighttpd cannot be told it.',
      );
    }
  });
}

function serverLines(
  { listen, user, names }: ServerPlaces,
  directory: string | undefined,
): string[] {
  return [
    'server.modules = ( "mod_setenv", "mod_proxy" )',
    ...(listen.host === undefined
      ? []
      : [`server.bind = ${quoted(listen.host)}`]),
    `server.port = ${listen.port}`,
    ...(names[0] === undefined ? [] : [`server.name = ${quoted(names[0])}`]),
    ...(user
      ? [
          `server.username = ${quoted(user[0])}`,
          `server.groupname = ${quoted(user[1])}`,
        ]
      : []),
    ...(directory === undefined
      ? []
      : [
          `server.pid-file = ${quoted(`${directory}/lighttpd.pid`)}`,
          `server.errorlog = ${quoted(`${directory}/error.log`)}`,
        ]),
    'server.document-root = "/nonexistent"  # everything is the application\'s',
    'server.tag = ""',
    '# The application gets the path as the client sent it.',
    PARSE_OPTIONS,
  ];
}

function siteLines(
  rules: readonly PathRule[],
  { upstream }: ServerPlaces,
): string[] {
  return [
    '# A file may have been replaced by a link since the application looked.',
    'server.follow-symlink = "disable"',
    '# Otherwise the first byte of an answer goes out with the last.',
    'server.stream-response-body = 2',
    'setenv.set-request-header = (',
    ...indent(SPOOFABLE.map((name) => `"${name}" => "",`)),
    ')',
    'proxy.server = ( "" => ((',
    ...indent([
      `"host" => ${quoted(upstream.host.replace(/^\[|\]$/g, ''))},`,
      `"port" => ${upstream.port},`,
      '"disable-time" => 0,  # an application that was away is back soon',
      '"x-sendfile" => "enable",',
      '# Without it every file that lighttpd can read could be asked for.',
      '"x-sendfile-docroot" => (',
      ...indent(
        directoriesOf(rules).map((directory) => `${quoted(directory)},`),
      ),
      ')',
    ]),
    ')))',
  ];
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '\\"')}"`;
}
