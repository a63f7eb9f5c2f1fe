import fc from 'fast-check';

const SURROGATES = { first: 0xd800, count: 0x800 };
const CODE_POINTS = 0x110000;

/**
 * Any text of Unicode. The `binary` unit of fast-check gives the same, and makes a map of all its million characters
 * for each string that it is to give.
 */
export function anyText(
  lengths: { minLength?: number; maxLength?: number } = {},
): fc.Arbitrary<string> {
  return fc.string({ ...lengths, unit: anyCharacter });
}

const anyCharacter = fc
  .nat(CODE_POINTS - SURROGATES.count - 1)
  .map((index) =>
    String.fromCodePoint(
      index < SURROGATES.first ? index : index + SURROGATES.count,
    ),
  );
