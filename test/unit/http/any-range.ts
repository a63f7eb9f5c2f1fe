import fc from 'fast-check';

import { anyText } from '../any-text.js';

const HUGE = [
  '9007199254740991',
  '9007199254740992',
  '9007199254740993',
  '9223372036854775807',
  '99999999999999999999',
  '9'.repeat(400),
];

const position = fc.oneof(
  { weight: 8, arbitrary: fc.nat(45).map(String) },
  { weight: 1, arbitrary: fc.nat(45).map((value) => `000${value}`) },
  { weight: 1, arbitrary: fc.constantFrom(...HUGE) },
);

const member = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(position, position).map(([a, b]) => {
      const [first, last] = BigInt(a) <= BigInt(b) ? [a, b] : [b, a];
      return `${first}-${last}`;
    }),
  },
  { weight: 1, arbitrary: position.map((first) => `${first}-`) },
  { weight: 1, arbitrary: position.map((suffix) => `-${suffix}`) },
);

const separator = fc.constantFrom(',', ', ', ' ,', '\t, ', ',,', ', ,', ' , ,');

/** A well-formed Range header for a file of about 40 bytes. */
export const wellFormedRange = fc
  .tuple(
    fc.constantFrom('bytes=', 'Bytes=', 'BYTES='),
    fc.constantFrom('', ',', ' ,', ', '),
    fc.array(fc.tuple(member, separator), { minLength: 1, maxLength: 12 }),
    fc.constantFrom('', ',', ' ,', ', '),
  )
  .map(([unit, before, members, after]) => {
    const list = members.flatMap(([text, gap]) => [text, gap]).slice(0, -1);
    return [unit, before, ...list, after].join('');
  });

/** Pieces of Range in any order: rarely well-formed, often nearly so. */
export const nearlyRange = fc
  .array(
    fc.oneof(
      { weight: 2, arbitrary: member },
      { weight: 2, arbitrary: fc.constantFrom(',', ', ', ' ,', ' ', '\t') },
      { weight: 1, arbitrary: fc.constantFrom('-', '5', '5-2', '0x5', '=') },
    ),
    { maxLength: 6 },
  )
  .map((pieces) => `bytes=${pieces.join('')}`);

/** Any string of UTF-16 units. */
export const anyHeader = fc.oneof(
  wellFormedRange,
  nearlyRange,
  anyText(),
  anyText().map((text) => `bytes=${text}`),
  fc.tuple(wellFormedRange, fc.string()).map((texts) => texts.join('')),
);
