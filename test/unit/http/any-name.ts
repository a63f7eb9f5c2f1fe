import fc from 'fast-check';

import { anyText } from '../any-text.js';

/** Characters that the rules for names turn on. */
const SPECIAL =
  ' ./\\:%"\';=*?\0\r\n\x7F\x85\u00A0\u061C\u200B\u200C\u200D\u200E\u202E\u2028\u2066\uFEFF\uFF0E\uFF0F\uFF02\u00A8\u0301\u00E9\u65E5\uFDFA\uFE0F\uD83D\uDE00';

const piece = fc.oneof(
  fc.constantFrom(...SPECIAL.split('')),
  fc.constantFrom('CON', 'nul', 'COM1', '%41', '.txt', '\u{1F468}\u200D'),
  anyText({ maxLength: 3 }),
  fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
  fc
    .tuple(fc.constantFrom('a', ' ', '.', '\u65E5', '\u200D'), fc.nat(300))
    .map(([character, times]) => character.repeat(times)),
);

/** Any string of UTF-16 units at all, lone surrogates included. */
export const anyName = fc
  .array(piece, { maxLength: 12 })
  .map((all) => all.join(''));
