import { type ServerConfigOptions } from '../responses/download-backend.js';
import { directoriesOf, indent, SPOOFABLE } from './config-text.js';
import { type PathRule } from './rules.js';
import { serverPlaces, type ServerPlaces } from './server-address.js';

const MODULES = {
  mpm_event_module: 'mod_mpm_event.so',
  authz_core_module: 'mod_authz_core.so',
  headers_module: 'mod_headers.so',
  proxy_module: 'mod_proxy.so',
  proxy_http_module: 'mod_proxy_http.so',
  xsendfile_module: 'mod_xsendfile.so',
};

/**
 * A configuration of Apache for these rules: complete, with the modules where Debian has them, or only what
 * goes into a VirtualHost. Tested with Apache 2.4.71 and mod_xsendfile 0.12.
 *
 * @internal
 */
export function apacheConfig(
  rules: readonly PathRule[],
  options: ServerConfigOptions,
): string {
  const places = serverPlaces(options);
  const site = siteDirectives(rules, places);
  const [name = 'localhost', ...aliases] = places.names;
  const lines = options.include
    ? ['# Needs mod_headers, mod_proxy_http and mod_xsendfile.', ...site]
    : [
        `ServerName ${name}`,
        ...serverDirectives(places, options.directory),
        '',
        `<VirtualHost ${places.listen.host ?? '*'}:${places.listen.port}>`,
        ...indent([...aliases.map((alias) => `ServerAlias ${alias}`), ...site]),
        '</VirtualHost>',
      ];
  return `${lines.join('\n')}\n`;
}

function serverDirectives(
  { listen, user }: ServerPlaces,
  directory: string | undefined,
): string[] {
  const { host, port } = listen;
  return [
    ...Object.entries(MODULES).map(
      ([name, file]) => `LoadModule ${name} "/usr/lib/apache2/modules/${file}"`,
    ),
    `Listen ${host === undefined ? port : `${host}:${port}`}`,
    ...(user ? [`User ${user[0]}`, `Group ${user[1]}`] : []),
    ...(directory === undefined
      ? ['ErrorLog "/var/log/apache2/error.log"']
      : [
          `DefaultRuntimeDir ${quoted(directory)}`,
          `PidFile ${quoted(`${directory}/apache2.pid`)}`,
          `ErrorLog ${quoted(`${directory}/error.log`)}`,
        ]),
    'ServerTokens Prod',
    'ProxyRequests Off',
    '<Directory "/">',
    '  Require all denied',
    '</Directory>',
  ];
}

function siteDirectives(
  rules: readonly PathRule[],
  { upstream }: ServerPlaces,
): string[] {
  const application = `http://${upstream.host}:${upstream.port}/`;
  return [
    '# The application gets the path as the client sent it.',
    'AllowEncodedSlashes NoDecode',
    'ProxyPreserveHost On',
    '# responsefieldsize: the longest header. retry: an application that was away is back at once.',
    '# ttl: shorter than Node keeps a connection.',
    `ProxyPass "/" "${application}" nocanon responsefieldsize=16384 retry=0 ttl=2`,
    ...directoriesOf(rules).map(
      (directory) => `XSendFilePath ${quoted(directory)}`,
    ),
    '<Location "/">',
    ...indent(locationDirectives()),
    '</Location>',
  ];
}

function locationDirectives(): string[] {
  return [
    'XSendFile On',
    '# Otherwise every file that comes without a tag gets "0".',
    'FileETag None',
    'EnableSendfile On',
    '# A file that shrinks while it is sent would end the process.',
    'EnableMMAP Off',
    'RequestHeader set X-Forwarded-Proto "expr=%{REQUEST_SCHEME}"',
    ...SPOOFABLE.map((name) => `RequestHeader unset ${name}`),
    '# Apache would answer ranges of a POST, too.',
    "RequestHeader unset Range \"expr=! %{REQUEST_METHOD} in {'GET', 'HEAD'}\"",
    '# It sends ranges, and does not say so.',
    'Header onsuccess set Accept-Ranges bytes "expr=-n resp(\'X-Sendfile\')"',
    '# mod_xsendfile looks only at answers of status 200, and leaves the header, a path, on all others.',
    'Header onsuccess unset X-Sendfile "expr=%{REQUEST_STATUS} != 200"',
    'Header always unset X-Sendfile',
    '# mod_xsendfile 1.0 would delete the file afterwards.',
    'Header onsuccess unset X-Sendfile-Temporary',
    'Header onsuccess unset X-Accel-Redirect',
    '# A file that is gone by now may come again.',
    'Header always set Cache-Control no-store "expr=%{REQUEST_STATUS} -ge 400 && -z resp(\'Cache-Control\')"',
  ];
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
