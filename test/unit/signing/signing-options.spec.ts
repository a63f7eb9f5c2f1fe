import { describe, expect, it } from '@jest/globals';
import { InvalidOptionsError, SignedUrl } from 'nestjs-downloadview';

import { checkDownloadOptions } from '../../../lib/download.options.js';
import { SECRET, SIGNING } from '../../support/links/links.js';

describe('the options of signed links', () => {
  it('may be left out, and have links work for an hour', () => {
    expect(checkDownloadOptions({}).signing).toBeUndefined();
    expect(checkDownloadOptions({ signing: SIGNING }).signing?.expiresIn).toBe(
      3600,
    );
  });

  it('take secrets of 32 bytes, whatever their letters', () => {
    for (const secret of ['a'.repeat(32), 'é'.repeat(16)]) {
      expect(() =>
        checkDownloadOptions({ signing: { secrets: [secret] } }),
      ).not.toThrow();
    }
  });

  it.each<[string, string, unknown]>([
    ['no object', 'signing', SECRET],
    ['nothing', 'signing', null],
    ['a list', 'signing', [SECRET]],
    ['no secrets', 'signing.secrets', {}],
    ['secrets that are none', 'signing.secrets', { secrets: SECRET }],
    ['no secret at all', 'signing.secrets', { secrets: [] }],
    [
      'a short one',
      'signing.secrets[1]',
      { secrets: [SECRET, SECRET.slice(1)] },
    ],
    ['an empty one', 'signing.secrets[0]', { secrets: [''] }],
    ['one that is missing', 'signing.secrets[0]', { secrets: [undefined] }],
    ['one that is no text', 'signing.secrets[0]', { secrets: [{ SECRET }] }],
    ['another name', 'signing.secret', { ...SIGNING, secret: SECRET }],
    ['no time', 'signing.expiresIn', { ...SIGNING, expiresIn: 0 }],
    ['half a second', 'signing.expiresIn', { ...SIGNING, expiresIn: 0.5 }],
    [
      'a text for a time',
      'signing.expiresIn',
      { ...SIGNING, expiresIn: SECRET },
    ],
    ['a misspelt name', 'signed', SIGNING],
    ['a secret in the wrong place', 'secrets', [SECRET]],
    ['a secret as a name of its own', 'key', SECRET],
  ])('with %s are refused, and not shown', (_, option, signing) => {
    const name = option.startsWith('signing') ? 'signing' : option;
    const error = thrownBy(() => checkDownloadOptions({ [name]: signing }));
    expect(error).toBeInstanceOf(InvalidOptionsError);
    expect(error.message).toContain(`"${option}"`);
    expect(error.stack + JSON.stringify(error)).not.toContain(SECRET.slice(1));
  });

  it('are not shown where all the options are wrong', () => {
    const error = thrownBy(() =>
      checkDownloadOptions([{ signing: SIGNING }] as never),
    );
    expect(error.message).toContain('"options"');
    expect(error.message).not.toContain(SECRET);
  });
});

describe('SignedUrl()', () => {
  it.each<[string, object]>([
    ['boundTo', { boundTo: 'ada' }],
    ['sharedCaches', { sharedCaches: 'yes' }],
    ['sharedCaches', { sharedCaches: true, boundTo: () => 'ada' }],
    ['expiresIn', { expiresIn: 60 }],
  ])('names the option %s that is wrong', (name, options) => {
    const error = thrownBy(() => SignedUrl(options));
    expect(error).toBeInstanceOf(InvalidOptionsError);
    expect(error.message).toContain(`"@SignedUrl().${name}"`);
  });
});

function thrownBy(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('It went through');
}
