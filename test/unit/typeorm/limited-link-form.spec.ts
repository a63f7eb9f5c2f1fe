import { Readable } from 'node:stream';

import { describe, expect, it } from '@jest/globals';

import {
  nonceOf,
  withNonce,
} from '../../../lib/typeorm/limited-links/link-form.js';

const NONCE = '0123456789abcdef0123456789abcdef';

describe('the form of the page', () => {
  it.each([
    '<form method="post"><button>Go</button></form>',
    "<form class='a' method='POST'>",
    '<FORM METHOD=post>',
    '<form\n  id="a" method = "post"\n>',
  ])('gets a field that is another one each time: %j', (html) => {
    const page = `<p>A</p>${html}`;
    const field =
      /(?<=>)<input type="hidden" name="nonce" value="[0-9a-f]{32}">/;
    expect(withNonce(page).replace(field, '')).toBe(page);
    expect(withNonce(page)).not.toBe(page);
    expect(withNonce(page)).not.toBe(withNonce(page));
  });

  it.each([
    '<form method="get">',
    '<form>',
    '<form data-method="x">',
    '<p>method="post"',
  ])('gets none where it is not sent by POST: %j', (html) => {
    expect(withNonce(html)).toBe(html);
  });

  it.each<[body: unknown, nonce: string | undefined]>([
    [{ nonce: NONCE }, NONCE],
    [Object.assign(Object.create(null), { nonce: NONCE }), NONCE],
    [{ nonce: [NONCE, NONCE] }, undefined],
    [{ nonce: `${NONCE}0` }, undefined],
    [{ nonce: NONCE.toUpperCase() }, undefined],
    [Object.create({ nonce: NONCE }), undefined],
    [{}, undefined],
    [null, undefined],
    [undefined, undefined],
    ['nonce', undefined],
  ])('says its nonce: %j', async (body, nonce) => {
    expect(await nonceOf({ body })).toBe(nonce);
  });

  it.each<[form: string, nonce: string | undefined]>([
    [`nonce=${NONCE}`, NONCE],
    [`a=b&nonce=${NONCE}&c=d`, NONCE],
    [`nonce=${NONCE}&nonce=${NONCE}`, undefined],
    [`a=${'b'.repeat(8192)}&nonce=${NONCE}`, undefined],
    ['', undefined],
  ])('says it where nobody has parsed it: %j', async (form, nonce) => {
    const request = Object.assign(Readable.from([Buffer.from(form)]), {
      headers: { 'content-length': String(form.length) },
    });
    expect(await nonceOf(request)).toBe(nonce);
  });
});
