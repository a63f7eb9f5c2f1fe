import { describe, expect, it } from '@jest/globals';
import { CsvFile } from 'nestjs-downloadview/csv';

import { withoutFormula } from '../../../lib/csv/csv-text.js';
import { textOf } from '../../support/clients/bytes-of.js';

async function lineOf(
  row: unknown[],
  escapeFormulas?: boolean,
): Promise<string> {
  const file = new CsvFile([row], { name: 'a.csv', escapeFormulas });
  return textOf(await file.open());
}

describe('a text in a CSV file', () => {
  it.each([
    '=1+1',
    '+1+1',
    '-1+1',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '\n=1',
    ' =1',
    ';=1',
    '|=1',
    ',=1',
    '\u00a0=1',
    '\ufeff=1',
    '＝1+1',
    '＋1',
    '－1',
    '＠A1',
    '+49 170 123',
    "-1+cmd|' /C calc'!A0",
    '\0=1',
    '\u0001+1',
    '\u001f\u200b@A1',
    '\u200b=1',
    '\u2060=1',
    '\u00ad=1',
    '\u202e=1',
    '﹦1+1',
    '\u200b﹦1',
    '﹢1',
    '﹣1',
    '﹫A1',
    '-1,5+1',
    '-1%+1',
    '--1',
    '\tabc',
    '=',
  ])('that is %j is no formula any more', (text) => {
    expect(withoutFormula(text)).toBe(`'${text}`);
  });

  it.each([
    '',
    'a',
    'a=1',
    '1-2',
    "'=1",
    '-5',
    '-5.25',
    '-1e10',
    '-1.5E-7',
    '-12,50',
    '-1.234,56',
    '-3%',
    '-',
    'a\n- b',
    '日本',
    '{"a":1}',
  ])('that is %j stays as it is', (text) => {
    expect(withoutFormula(text)).toBe(text);
  });

  it('is not escaped where that is switched off', async () => {
    expect(await lineOf(['=1+1', '-a'], false)).toBe('=1+1,-a\r\n');
  });

  it('is escaped within quotes where it needs them', async () => {
    expect(await lineOf(['=HYPERLINK("http://x","y")'])).toBe(
      `"'=HYPERLINK(""http://x"",""y"")"\r\n`,
    );
    expect(await lineOf(['x;=1', 'x|y', 'x\ty'])).toBe(
      '"x;=1","x|y","x\ty"\r\n',
    );
  });

  it('is escaped in the header line, too', async () => {
    const file = new CsvFile([{ '=1+1': 'a' }], { name: 'a.csv' });
    expect(await textOf(await file.open())).toBe("'=1+1\r\na\r\n");
  });
});

describe('a value in a CSV file', () => {
  class Decimal {
    toJSON(): string {
      return '-12.30';
    }
  }

  it.each<[string, unknown, string]>([
    ['a number', -1.5, '-1.5'],
    ['a bigint', 12345678901234567890n, '12345678901234567890'],
    ['true', true, 'true'],
    ['false', false, 'false'],
    ['null', null, ''],
    ['undefined', undefined, ''],
    [
      'a date',
      new Date('2026-01-02T03:04:05.678Z'),
      '2026-01-02T03:04:05.678Z',
    ],
    ['a date without a time', new Date(NaN), ''],
    ['bytes', Buffer.from('hi!?'), 'aGkhPw=='],
    ['a list', [1, 'a'], '"[1,""a""]"'],
    ['an object', { a: 1 }, '"{""a"":1}"'],
    ['an object that says itself what it is', new Decimal(), '-12.30'],
    ['one that says a formula', { toJSON: () => '=1' }, "'=1"],
    ['one that says nothing', { toJSON: () => undefined }, ''],
  ])('that is %s is written as text', async (_, value, text) => {
    expect(await lineOf([value, 'x'])).toBe(`${text},x\r\n`);
  });

  it('that is a function is an error', async () => {
    await expect(lineOf([() => 1])).rejects.toThrow('Casting');
  });
});
