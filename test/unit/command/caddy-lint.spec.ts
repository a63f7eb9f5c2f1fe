import { describe, expect, it } from '@jest/globals';

import { edited, findingsIn, onlyFinding, type LintRow } from './lint-table.js';

/** Written by hand, and sound. */
const SOUND = `
{
	admin off # no } here
}
(hardening) {
	header_up -X-Accel-Redirect
	header_up -X-Accel-Mapping
}
files.example {
	handle /files/* {
		reverse_proxy 127.0.0.1:3000 {
			import hardening
			header_up -X-Sendfile
			header_up -x-sendfile-type
			@accel header X-Accel-Redirect /*
			handle_response @accel {
				root * "/srv/files"
				copy_response_headers {
					exclude X-Accel-Redirect \\
						Content-Encoding
					exclude Content-Length
				}
				rewrite * {rp.header.X-Accel-Redirect}
				file_server
			}
		}
	}
	reverse_proxy 127.0.0.1:4000
	handle_errors {
		respond \`{err.status_code} "{"\`
	}
}
`;
const ANSWER = 'handle_response @accel';
const COPY = 'copy_response_headers';

const LINT_RULES: readonly LintRow[] = [
  [
    'headers-not-copied',
    [SOUND.slice(SOUND.indexOf(COPY), SOUND.indexOf('rewrite')), ''],
    ANSWER,
  ],
  ['header-leaks', ['exclude X-Accel-Redirect', 'exclude'], COPY],
  ['length-copied', ['exclude Content-Length', ''], COPY],
  ['coding-copied', ['Content-Encoding', 'Server'], COPY],
  [
    'length-copied',
    ['exclude Content-Length', 'include Content-Length ETag'],
    COPY,
  ],
  ['root-is-root', ['"/srv/files"', '/'], 'root * /'],
  ['root-is-root', ['"/srv/files"', '"/"'], 'root * "/"'],
  ['root-is-root', ['"/srv/files"', '`/`'], 'root * `/`'],
  [
    'root-is-root',
    ['file_server', 'file_server {\nroot /\n}'],
    'root /\n'.trim(),
  ],
  ['rewritten-query', ['X-Accel-Redirect}', 'X-Accel-Redirect}?'], 'rewrite'],
  ['no-handle-errors', ['handle_errors', 'handle_path'], ANSWER],
  [
    'client-headers',
    ['header_up -X-Sendfile\n', '\n'],
    'reverse_proxy 127.0.0.1:3000',
    'hint',
  ],
];

describe('the lint rules for Caddy', () => {
  it('are not in a sound configuration', () => {
    expect(findingsIn('caddy', SOUND)).toEqual([]);
    expect(findingsIn('caddy', SOUND.replaceAll('\n', '\r\n'))).toEqual([]);
  });

  it.each(LINT_RULES.map((row) => ({ rule: row[0], edit: row[1], row })))(
    'are found: $rule by $edit',
    ({ edit, row }) => {
      const text = edited(SOUND, edit);

      expect(findingsIn('caddy', text)).toEqual(onlyFinding(text, row));
    },
  );

  it('are found where no answer is handled', () => {
    expect(findingsIn('caddy', ':80\nreverse_proxy 127.0.0.1:3000\n')).toEqual([
      'no-handle-response problem 2',
    ]);
  });

  it('are found for a header of another name, too', () => {
    const text = edited(SOUND, [
      'rp.header.X-Accel-Redirect}',
      'http.reverse_proxy.header.X-File}',
    ]);

    expect(findingsIn('caddy', text)).toEqual(['header-leaks problem 18']);
  });

  it('are not seen in a header that is deleted behind the copy, and in a site without braces', () => {
    const deleted = edited(SOUND, ['exclude X-Accel-Redirect', 'exclude A']);
    const text = edited(deleted, [
      'file_server',
      'header -X-Accel-Redirect\nfile_server',
    ]);
    const site = text.slice(text.indexOf('\thandle /files'), -2);

    expect(findingsIn('caddy', text)).toEqual([]);
    expect(
      findingsIn(
        'caddy',
        `files.example\n${site.replace('import hardening', 'header_up -X-Accel-Redirect\nheader_up -X-Accel-Mapping')}`,
      ),
    ).toEqual([]);
  });
});
