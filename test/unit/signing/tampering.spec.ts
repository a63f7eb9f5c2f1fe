import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { InvalidSignatureError } from 'nestjs-downloadview';

import { signerAt } from '../../support/links/links.js';

const signer = signerAt(Date.parse('2026-03-01T10:00:00Z'));
const RUNS = { numRuns: 500 };

const OFTEN = fc.constantFrom(...'/?&=+%#;. ~-_aA0é日&='.split(''));
const TEXT = fc
  .array(fc.oneof({ weight: 3, arbitrary: OFTEN }, character()))
  .map((characters) => characters.join(''));
const SEGMENT = TEXT.filter((text) => !/^\.{0,2}$/.test(text));
const PAIR = fc
  .tuple(TEXT, fc.option(TEXT))
  .filter(([name]) => !/^(?:expires|signature|basename)$/.test(name));

/** A path with a query, as an application makes it of names. */
const PATH = fc
  .tuple(fc.array(SEGMENT, { minLength: 1 }), fc.array(PAIR))
  .map(([segments, pairs]) => {
    const query = pairs.map(([name, value]) =>
      [name, ...(value === null ? [] : [value])]
        .map(encodeURIComponent)
        .join('='),
    );
    const path = `/${segments.map(encodeURIComponent).join('/')}`;
    return query.length > 0 ? `${path}?${query.join('&')}` : path;
  });
const LINK = fc
  .tuple(PATH, fc.option(SEGMENT))
  .map(([path, basename]) =>
    signer.sign(path, { basename: basename ?? undefined }),
  );

describe('a signed link', () => {
  it('holds as it was made, whatever its names', () => {
    fc.assert(
      fc.property(LINK, (link) => expect(holds(link)).toBe(true)),
      RUNS,
    );
  });

  it.each<[string, (link: string, at: number, byte: string) => string]>([
    [
      'changed',
      (link, at, byte) => link.slice(0, at) + byte + link.slice(at + 1),
    ],
    ['added', (link, at, byte) => link.slice(0, at) + byte + link.slice(at)],
    ['taken away', (link, at) => link.slice(0, at) + link.slice(at + 1)],
  ])(
    'with one byte %s holds only where it decodes to the same',
    (_, tamper) => {
      const position = fc.double({ min: 0, max: 1, noNaN: true });
      const byte = fc.oneof(
        fc.constantFrom(...'/?&=+%#.aA0'.split('')),
        fc.integer({ min: 0, max: 255 }).map((n) => String.fromCharCode(n)),
      );
      fc.assert(
        fc.property(LINK, position, byte, (link, where, one) => {
          const at = Math.floor(where * (link.length - 1));
          const tampered = tamper(link, at, one);
          if (holds(tampered)) expect(meaning(tampered)).toBe(meaning(link));
        }),
        RUNS,
      );
    },
  );

  it('holds however a proxy writes it, but for letters, digits and the signature', () => {
    const recode = fc.array(fc.boolean(), { minLength: 200 });
    fc.assert(
      fc.property(LINK, recode, (link, coded) => {
        const [unsigned = '', signature = ''] = link.split('&signature=');
        const other = unsigned.replace(
          /%[0-9A-F]{2}|[!'()*,:@$]/g,
          (code, at: number) => {
            if (!coded[at % coded.length]) return code;
            return code.startsWith('%')
              ? code.toLowerCase()
              : `%${code.charCodeAt(0).toString(16)}`;
          },
        );
        expect(holds(`${other}&signature=${signature}`)).toBe(true);
      }),
      RUNS,
    );
  });

  it('holds with no pair of its query moved, doubled, added or left out', () => {
    const places = fc.nat(20);
    fc.assert(
      fc.property(LINK, places, places, (link, from, to) => {
        const [path = '', query = ''] = link.split('?');
        const pairs = query.split('&');
        const pair = pairs[from % pairs.length] ?? '';
        const others = pairs.toSpliced(from % pairs.length, 1);
        const queries = [
          others,
          pairs.toSpliced(to, 0, pair),
          others.toSpliced(to, 0, pair),
          pairs.toSpliced(to, 0, ''),
          pairs.toSpliced(to, 0, 'utm_source=mail'),
        ];
        for (const other of queries) {
          const tampered = `${path}?${other.join('&')}`;
          if (tampered !== link) expect(holds(tampered)).toBe(false);
        }
      }),
      RUNS,
    );
  });

  it.each([
    ['/a/bc', '/ab/c'],
    ['/a/b', '/a%2Fb'],
    ['/a', '/a/'],
    ['/a/b', '/a/b/'],
    ['/a/b', '/a//b'],
    ['/a/2', '/a?2'],
    ['/a?b=c', '/a?b&c'],
    ['/a?b', '/a?b='],
    ['/a?b=', '/a?=b'],
    ['/a?bc=d', '/a?b=cd'],
    ['/a?b=c=d', '/a?b%3Dc=d'],
    ['/a?b=c%26d', '/a?b=c&d'],
    ['/a?b=c&b=d', '/a?b=d&b=c'],
    ['/a?b=c', '/a?b=c&b=c'],
    ['/a?b', '/a?b&'],
    ['/a?b=1+2', '/a?b=1%2B2'],
    ['/a+b', '/a%20b'],
  ])('to %s holds not for %s, nor the other way round', (one, other) => {
    const link = signer.sign(one);
    expect(holds(link)).toBe(true);
    expect(holds(link.replace(one, other))).toBe(false);
    const back = signer.sign(other);
    expect(holds(back)).toBe(true);
    expect(holds(back.replace(other, one))).toBe(false);
  });

  const LINK_TO_A = signer.sign('/a?b=c');
  const SIGNATURE = LINK_TO_A.slice(-43);
  it.each([
    ['padded', `${LINK_TO_A}=`],
    ['padded in code', `${LINK_TO_A}%3D`],
    ['of another alphabet', LINK_TO_A.slice(0, -43) + otherAlphabet()],
    ['with other spare bits', LINK_TO_A.slice(0, -1) + otherSpareBits()],
    ['in code', LINK_TO_A.replace(/.$/, codeOf)],
    ['with a blank', `${LINK_TO_A}+`],
    ['under a coded name', LINK_TO_A.replace('&signature', '&%73ignature')],
    ['under a name in capitals', LINK_TO_A.replace('&signature', '&Signature')],
    ['that is empty', LINK_TO_A.slice(0, -43)],
    ['without a value', LINK_TO_A.slice(0, -44)],
    ['that is cut', LINK_TO_A.slice(0, -1)],
    ['that is not there', LINK_TO_A.slice(0, -54)],
    ['twice', `${LINK_TO_A}&signature=${SIGNATURE}`],
    ['twice, once under a coded name', twiceCoded()],
    ['in front', `/a?signature=${SIGNATURE}&${LINK_TO_A.slice(3, -54)}`],
    ['before a fragment', `${LINK_TO_A}#`],
  ])('with a signature %s does not hold', (_, link) => {
    expect(holds(LINK_TO_A)).toBe(true);
    expect(holds(link)).toBe(false);
  });

  function otherAlphabet(): string {
    return Buffer.from(SIGNATURE, 'base64url').toString('base64').slice(0, 43);
  }

  function otherSpareBits(): string {
    const bytes = Buffer.from(SIGNATURE, 'base64url');
    const last = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'];
    const other = last.find((letter) => {
      const spelt = SIGNATURE.slice(0, -1) + letter;
      return (
        spelt !== SIGNATURE && Buffer.from(spelt, 'base64url').equals(bytes)
      );
    });
    return other ?? '';
  }

  function twiceCoded(): string {
    const at = LINK_TO_A.indexOf('&signature');
    const coded = `&%73ignature=${SIGNATURE}`;
    return LINK_TO_A.slice(0, at) + coded + LINK_TO_A.slice(at);
  }
});

function codeOf(character: string): string {
  return `%${character.charCodeAt(0).toString(16)}`;
}

function character(): fc.Arbitrary<string> {
  return fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 });
}

function holds(link: string): boolean {
  try {
    signer.verify(link);
    return true;
  } catch (error) {
    if (error instanceof InvalidSignatureError) return false;
    throw error;
  }
}

/** As an application reads it; the signature as it is written. */
function meaning(link: string): string {
  const [path = '', ...rest] = link.split('?');
  const pairs = rest
    .join('?')
    .split('&')
    .map((pair) => {
      if (pair.startsWith('signature=')) return pair;
      const [name = '', ...value] = pair.split('=');
      const texts = value.length > 0 ? [name, value.join('=')] : [name];
      return texts.map((text) =>
        decodeURIComponent(text.replaceAll('+', '%20')),
      );
    });
  return JSON.stringify([path.split('/').map(decodeURIComponent), pairs]);
}
