import { describe, expect, it } from '@jest/globals';

import { edited, findingsIn, onlyFinding, type LintRow } from './lint-table.js';

/** Written by hand, and sound. */
const SOUND = `
var.base = "/srv"
server.modules += ("mod_proxy")
server.follow-symlink = "disable"
server.stream-response-body = 1
setenv.set-request-header = ( "X-Sendfile" => "",
  "X-Sendfile-Type" => "", "X-Accel-Mapping" => "",
  "X-Accel-Redirect" => "" )
$HTTP["host"] =~ "^files\\." { # by name
  proxy.server = ( "/" => ( "app" => (
    "host" => "127.0.0.1", "port" => 3000,
    "x-sendfile" => "enable",
    "x-sendfile-docroot" => ( var.base + "/files/" )
  )))
} else $HTTP["host"] == "other" {
  proxy.server = ( "" => (( "host" => "127.0.0.2" )))
  server.follow-symlink = "enable"
}
`;
const ENABLED = '"x-sendfile" => "enable",';
const ROOTS = '"x-sendfile-docroot" => ( var.base + "/files/" )';

const LINT_RULES: readonly LintRow[] = [
  ['no-docroot', [ROOTS, ''], ENABLED],
  ['no-docroot', ['( var.base + "/files/" )', '( )'], '-docroot'],
  ['docroot-is-root', [ROOTS, '"x-sendfile-docroot" => ( "/" )'], '-docroot'],
  ['docroot-is-root', [ROOTS, '"x-sendfile-docroot" => "/"'], '-docroot'],
  [
    'docroot-is-root',
    [ROOTS, '"x-sendfile-docroot" => (\n"/a/",\n"/" )'],
    '"/" )',
  ],
  ['symlinks', ['server.follow-symlink = "disable"', ''], ENABLED],
  [
    'symlinks',
    ['server.follow-symlink = "disable"', 'server.follow-symlink = "Enable"'],
    'server.follow-symlink = "Enable"',
  ],
  ['whole-answers', ['server.stream-response-body = 1', ''], ENABLED, 'hint'],
  [
    'whole-answers',
    ['response-body = 1', 'response-body = 0'],
    'response-body = 0',
    'hint',
  ],
  ['client-headers', ['"X-Sendfile-Type" => "",', ''], ENABLED, 'hint'],
];

describe('the lint rules for lighttpd', () => {
  it('are not in a sound configuration', () => {
    expect(findingsIn('lighttpd', SOUND)).toEqual([]);
    expect(findingsIn('lighttpd', SOUND.replaceAll('\n', '\r\n'))).toEqual([]);
  });

  it.each(LINT_RULES.map((row) => ({ rule: row[0], edit: row[1], row })))(
    'are found: $rule by $edit',
    ({ edit, row }) => {
      const text = edited(SOUND, edit);

      expect(findingsIn('lighttpd', text)).toEqual(onlyFinding(text, row));
    },
  );

  it('are found where no host is looked at for X-Sendfile', () => {
    const off = edited(SOUND, [
      ENABLED,
      '"x-sendfile" => "disable", "check-local" => "enable",',
    ]);

    expect(findingsIn('lighttpd', off)).toEqual([
      'offload-off problem 11',
      'offload-off problem 16',
    ]);
  });

  it('are found for FastCGI as for a proxy', () => {
    const text =
      'fastcgi.server = ( ".php" => ((\n  "socket" => "/run/php",\n  "x-sendfile" => "enable"\n)))';

    expect(findingsIn('lighttpd', text)).toContain('no-docroot problem 3');
  });
});
