import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

import { describe, expect, it } from '@jest/globals';

import {
  platformResponse,
  clearHead,
  writeHead,
} from '../../../lib/streaming/response-head.js';

const OFFLOAD = [
  'X-Accel-Redirect',
  'X-Sendfile',
  'X-Sendfile2',
  'X-Sendfile-Temporary',
  'X-Reproxy-URL',
  'X-LIGHTTPD-send-file',
];

function responseWith(headers: Record<string, string | string[]> = {}) {
  const raw = new ServerResponse(new IncomingMessage(new Socket()));
  for (const [name, value] of Object.entries(headers)) {
    raw.setHeader(name, value);
  }
  return { raw, response: platformResponse(raw) };
}

describe('writeHead', () => {
  it('lets the application’s own headers stand', () => {
    const { raw, response } = responseWith({ 'Cache-Control': 'max-age=1' });
    const headers = { 'Cache-Control': 'private', ETag: '"v1"' };
    writeHead({ status: 206, headers }, response);
    expect(raw.statusCode).toBe(206);
    expect(raw.getHeader('Cache-Control')).toBe('max-age=1');
    expect(raw.getHeader('ETag')).toBe('"v1"');
  });

  it.each([
    ['Content-Security-Policy', 'sandbox'],
    ['X-Content-Type-Options', 'nosniff'],
    ['Content-Length', '5'],
    ['Content-Range', 'bytes 0-4/9'],
    ['Accept-Ranges', 'none'],
  ])('replaces %s', (name, value) => {
    const { raw, response } = responseWith({ [name]: 'other' });
    writeHead({ status: 200, headers: { [name]: value } }, response);
    expect(raw.getHeader(name)).toBe(value);
  });

  it.each(OFFLOAD)('takes %s of the application away', (name) => {
    const { raw, response } = responseWith({ [name]: '/etc/passwd' });
    writeHead({ status: 200, headers: {} }, response);
    expect(raw.hasHeader(name)).toBe(false);
  });

  it.each([
    ['Content-Range', 'bytes 0-4/9'],
    ['Transfer-Encoding', 'chunked'],
  ])('takes %s of the application off a whole file', (name, value) => {
    const { raw, response } = responseWith({ [name]: value });
    writeHead({ status: 200, headers: {}, length: 5 }, response);
    expect(raw.hasHeader(name)).toBe(false);
  });

  it.each([
    ['chunked', true],
    [undefined, false],
  ])('says %s without a length, where chunks are known: %s', (said, knows) => {
    const { raw, response } = responseWith({ 'Transfer-Encoding': 'gzip' });
    raw.useChunkedEncodingByDefault = knows;
    writeHead({ status: 200, headers: {} }, response);
    expect(raw.getHeader('Transfer-Encoding')).toBe(said);
  });

  it('writes the one offload header of a backend', () => {
    const { raw, response } = responseWith({
      'X-Sendfile': '/etc/passwd',
      'Accept-Ranges': 'bytes',
      'Content-Encoding': 'gzip',
    });
    writeHead(
      {
        status: 200,
        headers: { 'X-Accel-Redirect': '/_offload/a' },
        offloadHeader: 'X-Accel-Redirect',
      },
      response,
    );
    expect(raw.getHeaderNames()).toEqual(['x-accel-redirect']);
  });

  it.each([[302], [304]])('takes the file’s headers off a %d', (status) => {
    const { raw, response } = responseWith({
      'Content-Type': 'text/plain',
      'Content-Disposition': 'attachment',
      'Content-Length': '5',
      'Last-Modified': 'x',
      ETag: '"application"',
      'X-Own': 'stays',
    });
    writeHead({ status, headers: { ETag: '"v1"' } }, response);
    expect({ ...raw.getHeaders() }).toEqual({ etag: '"v1"', 'x-own': 'stays' });
  });

  it.each([
    ['X-Request-Id', 'ETag, X-Own', 'X-Request-Id, ETag, X-Own'],
    ['etag,X-A', 'ETag, X-Own', 'etag, X-A, X-Own'],
    ['*', 'ETag', '*, ETag'],
  ])(
    'lets pages read %s of the application, and %s of the file',
    (given, own, sent) => {
      const name = 'Access-Control-Expose-Headers';
      const { raw, response } = responseWith({ [name]: given });
      writeHead({ status: 200, headers: { [name]: own } }, response);
      expect(raw.getHeader(name)).toBe(sent);
    },
  );

  it('has no language in a 304, whoever set it', () => {
    const { raw, response } = responseWith({ 'Content-Language': 'fr' });
    writeHead({ status: 304, headers: { ETag: '"v1"' } }, response);
    expect({ ...raw.getHeaders() }).toEqual({ etag: '"v1"' });
  });

  it('sends each reason to vary on one line', () => {
    const { raw, response } = responseWith({ Vary: ['Origin', 'Cookie'] });
    writeHead({ status: 200, headers: { vary: 'Accept' } }, response);
    expect(raw.getHeader('Vary')).toBe('Origin, Cookie, Accept');
  });

  it.each([
    ['public, max-age=5', 'private, max-age=5', true],
    ['s-maxage=60', 'private', true],
    ['private, no-cache', 'private, no-cache', false],
  ])('with a cookie makes %s to %s', (given, sent, told) => {
    const { raw, response } = responseWith({ 'Set-Cookie': 'a=b' });
    const headers = { 'Cache-Control': given };
    expect(writeHead({ status: 200, headers }, response)).toEqual({
      cookieMadePrivate: told,
      removedLate: false,
    });
    expect(raw.getHeader('Cache-Control')).toBe(sent);
  });

  it.each([
    ['public, max-age=5', 'private, max-age=5'],
    ['private, no-cache', 'private, no-cache'],
  ])('with a cookie that is set later makes %s to %s', (given, sent) => {
    const { raw, response } = responseWith();
    writeHead({ status: 200, headers: { 'Cache-Control': given } }, response);
    expect(raw.getHeader('Cache-Control')).toBe(given);
    raw.setHeader('set-cookie', 'a=b');
    expect(raw.getHeader('Cache-Control')).toBe(sent);
    expect(raw.getHeader('Set-Cookie')).toBe('a=b');
  });

  it('keeps an answer private to which a cookie is appended later', () => {
    const { raw, response } = responseWith();
    const headers = { 'Cache-Control': 'public, max-age=5' };
    writeHead({ status: 200, headers }, response);
    raw.appendHeader('Set-Cookie', 'a=b');
    expect(raw.getHeader('Cache-Control')).toBe('private, max-age=5');
  });
});

describe('clearHead', () => {
  it('makes room for an error that nobody keeps', () => {
    const { raw, response } = responseWith();
    writeHead(
      {
        status: 206,
        headers: {
          'Content-Type': 'text/plain',
          'Content-Disposition': 'attachment',
          'Content-Encoding': 'gzip',
          'Accept-Ranges': 'bytes',
          ETag: '"v1"',
          'Last-Modified': 'x',
          'Cache-Control': 'private',
        },
        length: 5,
        contentRange: 'bytes 0-4/9',
      },
      response,
    );
    clearHead(response);
    expect({ ...raw.getHeaders() }).toEqual({ 'cache-control': 'no-store' });
  });
});
