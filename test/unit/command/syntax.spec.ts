import { describe, expect, it } from '@jest/globals';

import { parseApache } from '../../../lib/command/syntax/apache-syntax.js';
import { parseCaddy } from '../../../lib/command/syntax/caddy-syntax.js';
import {
  type Directive,
  everyDirective,
} from '../../../lib/command/syntax/directive.js';
import {
  parseLighttpd,
  type Value,
} from '../../../lib/command/syntax/lighttpd-syntax.js';
import { parseNginx } from '../../../lib/command/syntax/nginx-syntax.js';

/** Each directive as its line, its name and its values. */
function told(directives: readonly Directive[]): unknown[] {
  return everyDirective(directives).map(({ name, values, place }) => [
    place.line,
    name,
    ...values,
  ]);
}

function valueOf({ text, items }: Value): unknown {
  return (
    items?.map(({ key, value }) =>
      key === undefined ? valueOf(value) : { [key]: valueOf(value) },
    ) ?? text
  );
}

describe('the syntax of nginx', () => {
  it.each([
    ['a;', [[1, 'a']]],
    ['\n# b;\na b#c "d # e" \'f;\';# g', [[3, 'a', 'b#c', 'd # e', 'f;']]],
    ['a "b \\" c" d\\ e f\\"g;', [[1, 'a', 'b " c', 'd e', 'f"g']]],
    [
      'a "b\nc";\nd;',
      [
        [1, 'a', 'b\nc'],
        [3, 'd'],
      ],
    ],
    [
      'a ${b}c $d{e;}',
      [
        [1, 'a', '${b}c', '$d'],
        [1, 'e'],
      ],
    ],
    [
      'a{b;}c;',
      [
        [1, 'a'],
        [1, 'b'],
        [1, 'c'],
      ],
    ],
    ['a ~ \\.php$ {\n}', [[1, 'a', '~', '\\.php$']]],
    ['a "";', [[1, 'a', '']]],
  ])('reads %j', (text, directives) => {
    expect(told(parseNginx(text, 'a'))).toEqual(directives);
  });
});

describe('the syntax of Caddy', () => {
  it.each([
    [
      'a b # c\nd#e',
      [
        [1, 'a', 'b'],
        [2, 'd#e'],
      ],
    ],
    [
      'a {\n\tb {rp.c} {\n\t}\n}\nd',
      [
        [1, 'a'],
        [2, 'b', '{rp.c}'],
        [5, 'd'],
      ],
    ],
    [
      'a { # b\n\tc }d\n}',
      [
        [1, 'a'],
        [2, 'c', '}d'],
      ],
    ],
    [
      'a "b \\" { c" `"{`\nd',
      [
        [1, 'a', 'b " { c', '"{'],
        [2, 'd'],
      ],
    ],
    [
      'a \\\n  b\nc',
      [
        [1, 'a', 'b'],
        [3, 'c'],
      ],
    ],
    [
      'a <<END\n  {\n  END\nb',
      [
        [1, 'a', '  {'],
        [4, 'b'],
      ],
    ],
    [
      '(s) {\n\tb\n}\na {\n\timport s\n}',
      [
        [4, 'a'],
        [2, 'b'],
      ],
    ],
    ['(s) {\n\timport s\n}\nimport s', [[2, 'import', 's']]],
    ['import sites/*', [[1, 'import', 'sites/*']]],
  ])('reads %j', (text, directives) => {
    expect(told(parseCaddy(text, 'a'))).toEqual(directives);
  });
});

describe('the syntax of Apache', () => {
  it.each([
    [
      'A b\n  # c\nD',
      [
        [1, 'a', 'b'],
        [3, 'd'],
      ],
    ],
    ['A "b \\" c" \'d e\' f#g', [[1, 'a', 'b " c', 'd e', 'f#g']]],
    [
      'A \\\n  b \\\n c\nD',
      [
        [1, 'a', 'b', 'c'],
        [4, 'd'],
      ],
    ],
    [
      '<A "/b c" >\nD\n</A>',
      [
        [1, '<a', '/b c'],
        [2, 'd'],
      ],
    ],
    ['<IfModule a>\n<IfDefine !B>\nC\n</IfDefine>\n</IfModule>', [[3, 'c']]],
  ])('reads %j', (text, directives) => {
    expect(told(parseApache(text, 'a'))).toEqual(directives);
  });
});

describe('the syntax of lighttpd', () => {
  it.each([
    ['a.b = "c" # d', [[1, 'a.b', 'c', 0]]],
    [
      'a="b \\" c"\n+ d\ne += 1',
      [
        [1, 'a', 'b " cd', 0],
        [3, 'e', '1', 0],
      ],
    ],
    [
      'a = ("b" => (c, "d" => "e",), ("f"))',
      [[1, 'a', [{ b: ['c', { d: 'e' }] }, ['f']], 0]],
    ],
    ['a = ("b") + ("c")', [[1, 'a', ['b', 'c'], 0]]],
    [
      '$HTTP["a"] =~ "{b" {\n$SERVER["c"] == "d" {\ne = 1\n}\n}\nelse {\nf = 2\n}\ng := 3',
      [
        [3, 'e', '1', 2],
        [7, 'f', '2', 1],
        [9, 'g', '3', 0],
      ],
    ],
    ['include "a"\ninclude_shell "b = 1"\nc = 1', [[3, 'c', '1', 0]]],
  ])('reads %j', (text, settings) => {
    expect(
      parseLighttpd(text, 'a').map(({ name, value, place, conditions }) => [
        place.line,
        name,
        valueOf(value),
        conditions.length,
      ]),
    ).toEqual(settings);
  });
});
