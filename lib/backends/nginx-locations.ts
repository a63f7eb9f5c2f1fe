import { indent } from './config-text.js';
import {
  BROUGHT_BACK,
  quoted,
  upstreamVariable,
  VALIDATORS,
} from './nginx-headers.js';
import { type NginxRule } from './nginx-options.js';
import { taggedLocation } from './nginx-rules.js';
import { directoryOf } from './rules.js';

/**
 * Both locations that a rule's files go out by.
 *
 * @internal
 */
export function ruleLocations(rule: NginxRule): string[] {
  const { destination } = rule;
  const tagged = taggedLocation(destination);
  return [
    `location ^~ ${destination} {`,
    ...indent([
      ...fileLines(rule, [
        '# A tag of the application comes before the one that nginx would make.',
        `if ($upstream_http_etag) { rewrite ${quoted(`(?s)^${patternOf(destination)}(.*)`)} ${tagged}$1 last; }`,
      ]),
      ...BROUGHT_BACK.map(broughtBack),
    ]),
    '}',
    '',
    `location ^~ ${tagged} {  # the application has answered the conditions`,
    ...indent([
      ...fileLines(rule, ['etag off;', 'if_modified_since off;']),
      ...[...VALIDATORS, ...BROUGHT_BACK].map(broughtBack),
    ]),
    '}',
  ];
}

function fileLines(rule: NginxRule, further: readonly string[]): string[] {
  const directory = directoryOf(rule);
  return [
    'internal;',
    `alias ${quoted(directory)};`,
    `disable_symlinks on ${quoted(`from=${directory}`)};`,
    'index .none;',
    'autoindex off;',
    'if (-d $request_filename) { return 404; }  # else a redirect tells this location to the client',
    ...further,
    'error_page 403 404 500 =404 @download_gone;',
    ...(rule.charset === undefined ? [] : [`charset ${rule.charset};`]),
    'sendfile on;',
    'tcp_nopush on;',
    'gzip off;  # it would take the ranges away',
    'max_ranges 50;',
    'add_header X-Content-Type-Options nosniff always;',
  ];
}

function broughtBack(name: string): string {
  return `add_header ${name} ${upstreamVariable(name)};`;
}

function patternOf(destination: string): string {
  return destination.replaceAll('.', '\\.');
}
