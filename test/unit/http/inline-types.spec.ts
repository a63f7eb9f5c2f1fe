import { describe, expect, it } from '@jest/globals';
import {
  INLINE_TYPES,
  mayBeInline,
  isActiveContent,
  mediaTypeOf,
} from '../../../lib/http/media-type.js';

describe('INLINE_TYPES', () => {
  it('is an exact list, in which nothing runs', () => {
    for (const type of INLINE_TYPES) {
      expect(type).toMatch(/^[a-z]+\/[a-z0-9.-]+$/);
      expect(isActiveContent(type)).toBe(false);
    }
    expect(new Set(INLINE_TYPES).size).toBe(INLINE_TYPES.length);
  });
});

describe('mayBeInline', () => {
  it.each(
    'png jpg jpeg gif webp avif bmp apng ico mp3 ogg oga opus wav weba aac flac m4a mp4 webm ogv mov m4v pdf txt'.split(
      ' ',
    ),
  )('a file with the extension %s may', (extension) => {
    expect(mayBeInline(mediaTypeOf(`a.${extension}`) ?? '')).toBe(true);
  });

  it.each(
    'svg html xhtml xml mathml js mjs css json csv docx zip swf ics tif wasm ts unknown'.split(
      ' ',
    ),
  )('a file with the extension %s may not', (extension) => {
    expect(mayBeInline(mediaTypeOf(`a.${extension}`) ?? '')).toBe(false);
  });

  it.each(['text/plain; charset=utf-8', 'IMAGE/PNG', 'image/png;a="b;c"'])(
    '%j may',
    (type) => {
      expect(mayBeInline(type)).toBe(true);
    },
  );

  it.each([
    'image/svg+xml',
    'image/png, text/html',
    'image/png text/html',
    'image/pngx',
    'image/*',
    '*/*',
    'text/html; x=image/png',
    'application/ogg',
    '',
  ])('%j may not', (type) => {
    expect(mayBeInline(type)).toBe(false);
  });

  it('takes another list in place of its own', () => {
    const allow = ['Application/JSON'];
    expect(mayBeInline('application/json', allow)).toBe(true);
    expect(mayBeInline('image/png', allow)).toBe(false);
  });

  it('knows no wildcards in the list', () => {
    expect(mayBeInline('image/png', ['image/*', '*/*', 'image'])).toBe(false);
  });
});
