import { describe, expect, it } from '@jest/globals';

import { lintConfig } from '../../../lib/command/check-config.js';

const PATH = 'XSendFilePath "/srv/media/"';

/** The line at which a directory is open, and what is said of it. */
function openIn(...lines: readonly string[]): string[] {
  return lintConfig('apache', lines.join('\n'), 'test.conf')
    .filter(({ rule }) => rule === 'directory-is-open')
    .map(
      ({ level, place, happens }) =>
        `${level} ${place.line} ${/'[^']*'/.exec(happens)?.[0]}`,
    );
}

describe('a directory of XSendFilePath', () => {
  it.each([
    'DocumentRoot /srv/media',
    'documentroot "/srv/media/public"',
    'DocumentRoot /srv',
    'Alias /files/ "/srv/media/"',
    'Alias "/a" /srv',
    'AliasMatch ^/dl/(.*)$ /srv/media/$1',
  ])('is open by %s', (line) => {
    const expected = ["problem 3 '/srv/media/'"];

    expect(openIn(PATH, 'ProxyPass /api http://a/', line)).toEqual(expected);
    expect(openIn(PATH, '<VirtualHost *:80>', line, '</VirtualHost>')).toEqual(
      expected,
    );
  });

  it('is open by an Alias that a section is for', () => {
    expect(
      openIn(PATH, '<Location /a>', 'Alias /srv/media', '</Location>'),
    ).toEqual(["problem 3 '/srv/media/'"]);
  });

  it('is open where some paths are not for the application', () => {
    expect(
      openIn(
        PATH,
        'DocumentRoot /srv',
        'ProxyPass /media !',
        'ProxyPass / http://a/',
      ),
    ).toEqual(["problem 2 '/srv/media/'"]);
    expect(
      openIn(
        PATH,
        'DocumentRoot /srv',
        '<Location /media>',
        'ProxyPass !',
        '</Location>',
        'ProxyPass / http://a/',
      ),
    ).toEqual(["problem 2 '/srv/media/'"]);
  });

  it('is open by an Alias, whatever the application takes', () => {
    expect(openIn(PATH, 'ProxyPass / http://a/', 'Alias /a /srv')).toEqual([
      "problem 3 '/srv/media/'",
    ]);
  });

  it('is open in another host than that of the application', () => {
    expect(
      openIn(
        PATH,
        '<VirtualHost *:80>',
        'ProxyPass / http://a/',
        '</VirtualHost>',
        '<VirtualHost *:81>',
        'DocumentRoot /srv',
        '</VirtualHost>',
      ),
    ).toEqual(["problem 6 '/srv/media/'"]);
  });

  it.each([
    ['a site beside it', 'DocumentRoot /var/www'],
    ['a site that begins alike', 'DocumentRoot /srv/media-private'],
    ['an alias beside it', 'Alias /a /srv/files'],
    ['a directory that only a variable names', 'DocumentRoot ${SITE}'],
    [
      'a site that the application takes',
      'DocumentRoot /srv\nProxyPass / http://a/',
    ],
    [
      'a site that the application takes by a section',
      'DocumentRoot /srv\n<Location "/">\nProxyPass http://a/\n</Location>',
    ],
    [
      'a host that the application of all takes',
      'ProxyPass "/" http://a/\n<VirtualHost *:80>\nDocumentRoot /srv\n</VirtualHost>',
    ],
    [
      'a directory that nobody may enter',
      'DocumentRoot /srv\n<Directory /srv/media>\nRequire all denied\n</Directory>',
    ],
  ])('is not open by %s', (_, text) => {
    expect(openIn(PATH, text)).toEqual([]);
  });

  it('is none where the application may send the whole disk', () => {
    expect(openIn('XSendFilePath /', 'DocumentRoot /var/www')).toEqual([]);
  });
});
