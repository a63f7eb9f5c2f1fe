import { createHmac, hkdfSync } from 'node:crypto';
import { inspect } from 'node:util';

import { describe, expect, it } from '@jest/globals';
import {
  InvalidOptionsError,
  InvalidSignatureError,
  type SignOptions,
  UrlSigner,
} from 'nestjs-downloadview';

import { checkSigning } from '../../../lib/signing/signing-options.js';
import { SECRET, signerAt } from '../../support/links/links.js';

const NOW = Date.parse('2026-03-01T10:00:00Z');
const SECONDS = NOW / 1000;
const PATH = '/files/report.pdf';
const OTHER_SECRET = 'another-secret-0123456789abcdefgh';
const signer = signerAt(NOW);

describe('UrlSigner', () => {
  it('signs by HMAC-SHA-256 over length-prefixed parts, with a key of its own', () => {
    const texts = ['2', 'files', 'é b', '2', 'pair', 'a', '1 2', 'pair'];
    texts.push('expires', String(SECONDS + 60), 'for', 'ada');
    const message = texts.map((text) => {
      const length = Buffer.byteLength(text).toString(16).padStart(8, '0');
      return length + Buffer.from(text).toString('hex');
    });
    const purpose = 'nestjs-downloadview signed links 1';
    const key = Buffer.from(hkdfSync('sha256', SECRET, '', purpose, 32));
    const signature = createHmac('sha256', key)
      .update(Buffer.from(message.join(''), 'hex'))
      .digest('base64url');
    expect(
      signer.sign('/files/é b?a=1+2', { expiresIn: 60, boundTo: 'ada' }),
    ).toBe(
      `/files/%C3%A9%20b?a=1+2&expires=${SECONDS + 60}&signature=${signature}`,
    );
  });

  it('puts what the link fixes into its query, the signature last', () => {
    const link = signer.sign(PATH, {
      notBefore: 5,
      method: 'POST',
      basename: 'é & b.pdf',
      contentType: 'application/pdf',
      attachment: false,
    });
    expect(link.replace(/[\w-]+$/, '')).toBe(
      `${PATH}?expires=${SECONDS + 3600}&not-before=${SECONDS + 5}&method=POST` +
        '&basename=%C3%A9%20%26%20b.pdf&content-type=application%2Fpdf&attachment=false&signature=',
    );
  });

  it.each([
    ['a blank', '/a b', '/a%20b'],
    [
      'letters of all the world',
      '/é/日本.txt',
      '/%C3%A9/%E6%97%A5%E6%9C%AC.txt',
    ],
    ['what is encoded', '/a%26b%2Bc%25%2f', '/a%26b%2Bc%25%2f'],
    ['letters that need no code', '/%61%2D%2e%7Eb', '/a-.%7Eb'],
    ['what browsers change', '/a\\b"<>^`{|}', '/a%5Cb%22%3C%3E%5E%60%7B%7C%7D'],
    ['what stands in paths', "/a:@!$&'()*+,;=-._~[]", "/a:@!$&'()*+,;=-._~[]"],
    ['an address', 'https://host:1/a b', 'https://host:1/a%20b'],
    ['an empty query', '/a?', '/a'],
    ['a query', '/a?b=c d&%61[]=+&e', '/a?b=c%20d&%61[]=+&e'],
    ['the root', '/', '/'],
    ['a slash at the end', '/a/', '/a/'],
  ])('writes %s as it stands in a URL', (_, path, written) => {
    const link = signer.sign(path);
    const [before] = link.split(/[?&]expires=/);
    expect(before).toBe(written);
    expect(() => signer.verify(link)).not.toThrow();
    const { href } = new URL(link, 'http://host');
    expect(() => signer.verify(href)).not.toThrow();
  });

  it.each<[string, unknown]>([
    ['no text', 7],
    ['nothing', ''],
    ['no slash at its start', 'files/a'],
    ['another scheme', 'ftp://host/a'],
    ['an address without a path', 'https://host'],
    ['another host for browsers', '//host/a'],
    ['the same by a backslash', '/\\host/a'],
    ['a fragment', '/a#b'],
    ['a dot segment', '/a/./b'],
    ['a dot segment at its end', '/a/..'],
    ['an encoded dot segment', '/a/%2e%2E/b'],
    ['half a code', '/a%2'],
    ['a code that is no UTF-8', '/a%ff'],
    ['half a code in its query', '/a?b=%'],
    ['half a character', '/a\ud800'],
    ['a signature', '/a?signature=x'],
    ['an encoded name of ours', '/a?b=1&%65xpires=1'],
  ])('signs no path with %s', (_, path) => {
    const error = thrownBy(() => signer.sign(path as string));
    expect(error).toBeInstanceOf(InvalidOptionsError);
    expect(error.message).toContain('"sign().path"');
  });

  it('shows no query of a path that it refuses', () => {
    const link = signer.sign('/a?token=abc');
    expect(thrownBy(() => signer.sign(link)).message).not.toMatch(/abc|=/);
    expect(thrownBy(() => signer.sign(`#${link}`)).message).not.toMatch(
      /abc|=/,
    );
  });

  it.each<[string, unknown]>([
    ['expiresIn', 0],
    ['expiresIn', 1.5],
    ['expiresIn', '60'],
    ['expiresIn', 10_000_000_001],
    ['expiresIn', Infinity],
    ['notBefore', new Date(NaN)],
    ['notBefore', 0.5],
    ['notBefore', '2026'],
    ['notBefore', 3600],
    ['notBefore', new Date(NOW + 3_600_000)],
    ['method', 'get'],
    ['method', ''],
    ['basename', ''],
    ['basename', 'a\udc00'],
    ['contentType', 'pdf'],
    ['contentType', 'image/png, text/html'],
    ['attachment', 'true'],
    ['boundTo', ''],
    ['boundTo', 7],
    ['boundTo', String(undefined)],
    ['boundTo', String(null)],
    ['boundTo', 'a\ud800'],
    ['expires', 60],
  ])('signs nothing with %s: %p', (name, value) => {
    const options = { [name]: value } as SignOptions;
    const error = thrownBy(() => signer.sign(PATH, options));
    expect(error).toBeInstanceOf(InvalidOptionsError);
    expect(error.message).toContain(`"sign().${name}"`);
  });

  it('does not show whom a link was to be bound to', () => {
    const options = { boundTo: 'session-1\ud800' };
    expect(thrownBy(() => signer.sign(PATH, options)).message).not.toContain(
      'session-1',
    );
  });

  describe('a link', () => {
    it('works from its first to its last second', () => {
      let now = NOW;
      const clock = signerAt(() => now);
      const link = clock.sign(PATH, { notBefore: 10, expiresIn: 20 });
      const works = (seconds: number): boolean => {
        now = NOW + seconds * 1000;
        return holds(clock, link);
      };
      expect([-1, 0, 9.999, 10, 19.999, 20, 1e9].map(works)).toEqual([
        ...[false, false, false, true, true, false, false],
      ]);
    });

    it('takes a date to begin with', () => {
      const notBefore = new Date(NOW + 1);
      const link = signer.sign(PATH, { notBefore });
      expect(holds(signer, link)).toBe(false);
      expect(holds(signerAt(NOW + 1000), link)).toBe(true);
    });

    it('works no shorter than it was asked for, whatever the fraction of the second', () => {
      const link = signerAt(NOW + 999).sign(PATH, { expiresIn: 1 });
      expect(holds(signerAt(NOW + 1998), link)).toBe(true);
      expect(holds(signerAt(NOW + 2000), link)).toBe(false);
    });

    it.each([
      [undefined, ['GET', 'HEAD']],
      ['GET', ['GET', 'HEAD']],
      ['HEAD', ['HEAD']],
      ['POST', ['POST']],
    ])('for the method %s is for %p', (method, expected) => {
      const link = signer.sign(PATH, { method });
      const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'get'];
      expect(methods.filter((one) => holds(signer, link, one))).toEqual(
        expected,
      );
    });

    it('that is bound is for nobody else, and for nobody in particular', () => {
      const link = signer.sign(PATH, { boundTo: 'ada' });
      expect(() => signer.verify(link, { boundTo: 'ada' })).not.toThrow();
      for (const boundTo of ['Ada', 'bob', '', undefined, 'ada\ud800']) {
        expect(() => signer.verify(link, { boundTo })).toThrow(
          InvalidSignatureError,
        );
      }
    });

    it('that is not bound is not for somebody', () => {
      const link = signer.sign(PATH);
      for (const boundTo of ['ada', '']) {
        expect(() => signer.verify(link, { boundTo })).toThrow(
          InvalidSignatureError,
        );
      }
    });

    it('takes no half of a character for another name', () => {
      const link = signer.sign(PATH, { boundTo: '\ufffd' });
      expect(() => signer.verify(link, { boundTo: '\ud800' })).toThrow(
        InvalidSignatureError,
      );
    });

    it('works as long as its secret is among those of the application', () => {
      const old = signerAt(NOW, [SECRET]).sign(PATH);
      const rotated = signerAt(NOW, [OTHER_SECRET, SECRET]);
      expect(holds(rotated, old)).toBe(true);
      expect(holds(signerAt(NOW, [OTHER_SECRET]), old)).toBe(false);
      expect(holds(signerAt(NOW, [SECRET]), rotated.sign(PATH))).toBe(false);
    });

    it('is refused without its query in the message', () => {
      const link = signer.sign('/a?token=abc', { boundTo: 'ada' });
      const { message } = thrownBy(() => signer.verify(link));
      expect(message).toContain("'/a'");
      expect(message).not.toMatch(/abc|signature=|ada/);
      const forged = thrownBy(() =>
        signer.verify('/a\r\nb\x1b?signature=\r\n'),
      );
      expect(forged.message).not.toMatch(/\p{Cc}/u);
    });
  });

  it('says what it needs where nothing is configured', () => {
    const none = new UrlSigner(undefined);
    for (const use of [() => none.sign(PATH), () => none.verify(PATH)]) {
      expect(use).toThrow(InvalidOptionsError);
      expect(use).toThrow(/"signing".*UrlSigner\.\w+\(\) needs it.*secrets/);
    }
  });

  it('shows its secrets to nobody', () => {
    const signing = checkSigning({ secrets: [SECRET] });
    const shown = [signing, new UrlSigner(signing)].flatMap((value) => [
      JSON.stringify(value),
      inspect(value, { depth: 9, showHidden: true }),
    ]);
    expect(shown.join()).not.toContain('secret-0123');
  });
});

function holds(by: UrlSigner, link: string, method?: string): boolean {
  try {
    by.verify(link, { method });
    return true;
  } catch (error) {
    if (error instanceof InvalidSignatureError) return false;
    throw error;
  }
}

function thrownBy(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('It went through');
}
