import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cleanFileName } from '../../../lib/http/content-disposition.js';
import { anyName } from './any-name.js';
import { DIFFICULT_NAMES } from './difficult-names.js';

describe('cleanFileName', () => {
  it.each(DIFFICULT_NAMES)('$title', ({ name, cleaned }) => {
    expect(cleanFileName(name)).toBe(cleaned);
  });

  it.each(DIFFICULT_NAMES)('twice changes nothing more: $title', ({ name }) => {
    const once = cleanFileName(name);
    expect(cleanFileName(once)).toBe(once);
  });

  it('holds for every name: twice is once', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const once = cleanFileName(name);
        expect(cleanFileName(once)).toBe(once);
      }),
    );
  });

  it('holds for every name: 1 to 255 bytes of well-formed UTF-8', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const cleaned = cleanFileName(name);
        const bytes = Buffer.from(cleaned);
        expect(bytes.length).toBeGreaterThan(0);
        expect(bytes.length).toBeLessThanOrEqual(255);
        expect(bytes.toString()).toBe(cleaned);
      }),
    );
  });

  it('holds for every name: nothing forbidden is left', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const cleaned = cleanFileName(name);
        expect(cleaned).not.toMatch(/[/\\:]/);
        expect(cleaned).not.toMatch(/[\p{Cc}\p{Cs}\p{Bidi_Control}]/u);
        expect(cleaned).not.toMatch(/^\s|[\s.]$/u);
        expect(cleaned).not.toMatch(
          /^(?:CON|PRN|AUX|NUL|COM\d|LPT\d)(?:\.|$)/i,
        );
      }),
    );
  });

  it('keeps an extension whatever is cut', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        expect(cleanFileName(`a${name}b.pdf`)).toMatch(/.\.pdf$/u);
      }),
    );
  });
});
