import { describe, expect, it } from '@jest/globals';
import { apache, caddy, lighttpd, nginx } from 'nestjs-downloadview';

import { checkLocationRules } from '../../../lib/backends/rules.js';
import { InvalidOptionsError } from '../../../lib/errors/download-errors.js';

const RULE = { sourceDir: '/srv/media/', destination: '/_offload/' };
const URL_RULE = {
  sourceUrl: '/media/',
  destination: '/_media/',
  destinationDir: '/mnt/media/',
};

function refusal(rules: unknown): InvalidOptionsError {
  try {
    checkLocationRules(rules);
  } catch (error) {
    if (error instanceof InvalidOptionsError) return error;
    throw error;
  }
  throw new Error('The rules were taken');
}

const ruleWith = (changes: object): unknown => [{ ...RULE, ...changes }];
const urlRuleWith = (changes: object): unknown => [{ ...URL_RULE, ...changes }];

describe('checkLocationRules', () => {
  it.each([
    ['no rules at all', undefined, 'rules', 'undefined'],
    ['an empty list', [], 'rules', '[]'],
    ['a rule without a list', RULE, 'rules', '{"sourceDir"'],
    ['a text', 'x', 'rules', "'x'"],
    ['null for a rule', [null], 'rules[0]', 'null'],
    ['a text for a rule', ['/srv/'], 'rules[0]', "'/srv/'"],
    ['an unknown option', ruleWith({ dest: '/x/' }), 'rules[0].dest', "'/x/'"],
    ['neither source', [{ destination: '/_x/' }], 'rules[0]', '{"destination'],
    [
      'both sources',
      ruleWith({ sourceUrl: '/media/' }),
      'rules[0]',
      '"sourceUrl"',
    ],
  ])('refuses %s', (_, rules, option, given) => {
    const error = refusal(rules);

    expect(error.option).toBe(option);
    expect(error.message).toContain(given);
    expect(error.accepted).not.toBe('');
  });

  it.each([
    ['relative', 'srv/media/'],
    ['relative to here', './media/'],
    ['empty', ''],
    ['missing where there is a URL', undefined],
    ['a number', 1],
    ['null', null],
    ['a list', ['/srv/media/']],
    ['with a variable', '/srv/$host/'],
    ['with a newline', '/srv/me\ndia/'],
    ['with a NUL', '/srv/\0/'],
    ['with DEL', '/srv/\x7f/'],
  ])('refuses a destinationDir that is %s', (_, value) => {
    const error = refusal(urlRuleWith({ destinationDir: value }));

    expect(error.option).toBe('rules[0].destinationDir');
    expect(error.accepted).toContain('absolute path');
  });

  it.each([
    'srv/media/',
    './media/',
    '../media/',
    '',
    1,
    null,
    ['/srv/media/'],
    '/srv/$host/',
    '/srv/me\r\ndia/',
    '/srv/\0/',
  ])('refuses %j for a sourceDir', (value) => {
    const error = refusal(ruleWith({ sourceDir: value }));

    expect(error.option).toBe('rules[0].sourceDir');
    expect(error.accepted).toContain('absolute path');
  });

  it.each(['/', '/a/../', '/srv/x/../media/', '/srv/./media', '/srv//media/'])(
    'refuses %j for a directory of every server: it is all of the disk, or another than it seems',
    (value) => {
      const rule = (place: object): unknown[] => [{ ...RULE, ...place }];
      const path = (place: object): unknown[] => [
        { sourceDir: '/srv/media/', ...place },
      ];
      for (const option of ['sourceDir', 'destinationDir']) {
        const place = { [option]: value };
        for (const make of [
          () => nginx({ rules: rule(place) as never }),
          () => caddy({ rules: rule(place) as never, pathEncoding: 'raw' }),
          () => apache({ rules: path(place) as never, pathEncoding: 'raw' }),
          () => lighttpd({ rules: path(place) as never }),
        ]) {
          expect(make).toThrow(`"rules[0].${option}"`);
        }
      }
    },
  );

  it.each([
    ['without a slash at its end', '/_offload'],
    ['without one in front', '_offload/'],
    ['the root', '/'],
    ['empty', ''],
    ['missing', undefined],
    ['a number', 1],
    ['with a blank', '/_off load/'],
    ['with a quote', '/_off"load/'],
    ['with a brace', '/_off{load/'],
    ['with a semicolon', '/_off;load/'],
    ['with a variable', '/$host/'],
    ['with a percent code', '/_off%2fload/'],
    ['with a query', '/_offload/?a/'],
    ['with a newline', '/_offload/\n/'],
    ['with a double slash', '/_off//load/'],
    ['with a dot segment', '/_off/./load/'],
    ['with a parent segment', '/_off/../load/'],
    ['not ASCII', '/_\u00E9/'],
  ])('refuses a destination that is %s', (_, value) => {
    const error = refusal(ruleWith({ destination: value }));

    expect(error.option).toBe('rules[0].destination');
    expect(error.accepted).toContain('begins and ends with a slash');
  });

  it.each([
    'media/',
    '/media',
    '',
    1,
    null,
    '/me dia/',
    '/media/?x/',
    '/media/#x/',
    'ftp://example.com/media/',
    '//example.com',
  ])('refuses %j for a sourceUrl', (value) => {
    const error = refusal(urlRuleWith({ sourceUrl: value }));

    expect(error.option).toBe('rules[0].sourceUrl');
    expect(error.accepted).toContain('a slash at its end');
  });

  it.each([
    ['the same directory', '/srv/media/', '/srv/media'],
    ['a directory below', '/srv/media/', '/srv/media/photos/'],
    ['a directory above', '/srv/media/photos/', '/srv/'],
  ])('refuses %s in a second rule', (_, first, second) => {
    const error = refusal([
      { sourceDir: first, destination: '/_a/' },
      { sourceDir: second, destination: '/_b/' },
    ]);

    expect(error.option).toBe('rules[1]');
    expect(error.accepted).toContain('overlaps');
  });

  it('refuses overlapping URLs', () => {
    const error = refusal([
      URL_RULE,
      { ...URL_RULE, sourceUrl: '/media/photos/', destination: '/_b/' },
    ]);

    expect(error.option).toBe('rules[1]');
    expect(error.accepted).toContain('/media/');
  });

  it.each([
    ['/_offload/', '/_offload/'],
    ['/_offload/', '/_offload/deeper/'],
    ['/_offload/deeper/', '/_offload/'],
  ])('refuses the destinations %s and %s together', (first, second) => {
    const error = refusal([
      { sourceDir: '/srv/a/', destination: first },
      { sourceDir: '/srv/b/', destination: second },
    ]);

    expect(error.option).toBe('rules[1].destination');
    expect(error.accepted).toContain(first);
  });

  it('names the rule that is wrong', () => {
    const error = refusal([RULE, { sourceDir: '/srv/b/', destination: '/b' }]);

    expect(error.option).toBe('rules[1].destination');
  });

  it.each([
    [
      'directories that begin alike',
      [
        { sourceDir: '/srv/media/', destination: '/_media/' },
        { sourceDir: '/srv/media-private/', destination: '/_media-private/' },
      ],
    ],
    ['a directory and a URL', [RULE, URL_RULE]],
    ['a URL of a host', urlRuleWith({ sourceUrl: 'https://a.example/m/' })],
    ['all URLs', urlRuleWith({ sourceUrl: '/' })],
    ['a deep destination', ruleWith({ destination: '/_a/b-c/d.e/~f/' })],
    ['three dots in a destination', ruleWith({ destination: '/.../' })],
    [
      'a directory with blanks, quotes and more',
      ruleWith({ sourceDir: '/srv/it\'s "a" {dir}; \\ #1 \u00E9/' }),
    ],
  ])('takes %s', (_, rules) => {
    expect(checkLocationRules(rules)).toEqual(rules);
  });

  it.each([
    ['/srv/media', '/srv/media/'],
    ['/srv/media/', '/srv/media/'],
  ])('makes %s to %s', (given, kept) => {
    const [rule] = checkLocationRules(
      ruleWith({ sourceDir: given, destinationDir: given }),
    );

    expect(rule).toEqual({ ...RULE, sourceDir: kept, destinationDir: kept });
  });
});
