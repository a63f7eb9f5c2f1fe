import { describe, expect, it } from '@jest/globals';

import { edited, findingsIn, onlyFinding, type LintRow } from './lint-table.js';

/** Written by hand, and sound. */
const SOUND = `
<IfModule mod_proxy.c>
ProxyPass / http://127.0.0.1:3000/
</IfModule>
XSendFilePath /srv/files
<VirtualHost *:80>
  # XSendFilePath /
  <Location "/">
    xsendfile on
    fileetag none
    EnableSendfile On
    RequestHeader unset X-Sendfile
    RequestHeader unset X-Sendfile-Type
    RequestHeader \\
      unset X-Accel-Mapping
    RequestHeader unset "X-Accel-Redirect"
    Header unset X-Sendfile "expr=%{REQUEST_STATUS} != 200"
    Header always unset X-Sendfile
  </Location>
</VirtualHost>
`;
const ON = '    xsendfile on';

const LINT_RULES: readonly LintRow[] = [
  ['path-is-root', ['Path /srv/files', 'Path /'], 'XSendFilePath /\n'.trim()],
  ['path-is-root', ['Path /srv/files', 'Path "/"'], 'XSendFilePath "/"'],
  ['no-path', ['XSendFilePath /srv/files', ''], ON],
  ['constant-tag', ['    fileetag none', ''], ON],
  ['constant-tag', ['fileetag none', 'FileETag MTime Size'], ON],
  [
    'header-leaks',
    ['Header unset X-Sendfile "expr=%{REQUEST_STATUS} != 200"', ''],
    ON,
  ],
  [
    'header-unset',
    [' "expr=%{REQUEST_STATUS} != 200"', ''],
    '    Header unset X-Sendfile',
  ],
  [
    'header-unset',
    [
      'Header unset X-Sendfile "expr=%{REQUEST_STATUS} != 200"',
      'header OnSuccess unset x-sendfile',
    ],
    'header OnSuccess',
  ],
  [
    'tag-ignored',
    ['fileetag none', 'fileetag none\nXSendFileIgnoreEtag On'],
    'XSendFileIgnoreEtag',
  ],
  [
    'offload-off',
    [
      '</VirtualHost>',
      '<Location /a>\nXSendFile Off\n</Location>\n</VirtualHost>',
    ],
    'XSendFile Off',
  ],
  ['client-headers', ['unset X-Accel-Mapping', 'unset X-Other'], ON, 'hint'],
];

describe('the lint rules for Apache', () => {
  it('are not in a sound configuration', () => {
    expect(findingsIn('apache', SOUND)).toEqual([]);
    expect(findingsIn('apache', SOUND.replaceAll('\n', '\r\n'))).toEqual([]);
  });

  it.each(LINT_RULES.map((row) => ({ rule: row[0], edit: row[1], row })))(
    'are found: $rule by $edit',
    ({ edit, row }) => {
      const text = edited(SOUND.replace('  # XSendFilePath /\n', '\n'), edit);

      expect(findingsIn('apache', text)).toEqual(onlyFinding(text, row));
    },
  );

  it('are found where mod_xsendfile is off for all, or was never turned on', () => {
    const off = edited(SOUND, ['xsendfile on', 'XSendFile Off']);
    const missing = edited(SOUND, ['xsendfile on', '']);

    expect(findingsIn('apache', off)).toEqual(['offload-off problem 9']);
    expect(findingsIn('apache', missing)).toEqual(['offload-off problem 5']);
    expect(findingsIn('apache', 'ProxyPass / \\\nhttp://a/\\')).toEqual([
      'offload-off problem 1',
    ]);
  });

  it.each([
    [
      'off outside, and on in a section',
      ['XSendFilePath', 'XSendFile Off\nXSendFilePath'],
    ],
    ['a tag that is off for the server', ['    fileetag none', '']],
    ['a header that is unset early', ['    fileetag none', '']],
  ] as const)('are not seen in %s', (_, edit) => {
    const text = `FileETag None\nHeader unset X-Sendfile early\n${edited(SOUND, edit)}`;

    expect(findingsIn('apache', text)).toEqual([]);
  });
});
