import { describe, expect, it } from '@jest/globals';
import { contentSecurityPolicy } from '../../../lib/http/media-type.js';

const LOCKED = "sandbox; default-src 'none'";
const SHOWN = "sandbox; default-src 'none'; style-src 'unsafe-inline'";
const PLAYED =
  "sandbox allow-same-origin; default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:";
const PDF =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

describe('contentSecurityPolicy', () => {
  it.each([
    ['image/png', SHOWN],
    ['image/svg+xml', SHOWN],
    ['text/plain; charset=utf-8', SHOWN],
    ['text/html', SHOWN],
    ['audio/mpeg', PLAYED],
    ['VIDEO/MP4; codecs="avc1"', PLAYED],
    ['application/pdf', PDF],
    ['Application/PDF; a=b', PDF],
    ['application/xhtml+xml', LOCKED],
    ['application/octet-stream', LOCKED],
    ['application/pdfx', LOCKED],
    ['application/pdf, text/html', LOCKED],
    ['video/mp4, text/html', LOCKED],
    ['x-video/mp4', LOCKED],
    ['', LOCKED],
  ])('inline %j', (type, expected) => {
    expect(contentSecurityPolicy(type, 'inline')).toBe(expected);
  });

  it.each(['image/png', 'text/html', 'video/mp4', 'application/pdf', ''])(
    'attachment %j',
    (type) => {
      expect(contentSecurityPolicy(type, 'attachment')).toBe(LOCKED);
    },
  );
});
