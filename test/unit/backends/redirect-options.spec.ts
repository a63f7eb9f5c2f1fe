import { describe, expect, it } from '@jest/globals';
import {
  InvalidOptionsError,
  redirect,
  type RedirectOptions,
} from 'nestjs-downloadview';

function refusal(options: unknown): InvalidOptionsError {
  try {
    redirect(options as RedirectOptions);
  } catch (error) {
    if (error instanceof InvalidOptionsError) return error;
    throw error;
  }
  throw new Error('The options were taken');
}

describe('redirect()', () => {
  it.each([
    ['no list', undefined],
    ['an empty list', []],
    ['a text', 'bucket.example'],
    ['null', null],
  ])('refuses %s for hosts', (_, hosts) => {
    expect(refusal({ hosts })).toMatchObject({
      option: 'redirect.hosts',
      accepted: expect.stringContaining('host:port'),
    });
  });

  it.each([
    '',
    'https://bucket.example',
    'bucket.example/',
    'bucket.example/path',
    'user@bucket.example',
    '*.example',
    'bucket.example:',
    'bucket.example:port',
    'bucket.example:99999',
    'bucket example',
    'bucket.example\r\n',
    'bucket.example;',
    '$host',
    '::1',
    '[::1',
    1,
    null,
  ])('refuses %j for a host', (host) => {
    expect(refusal({ hosts: ['bucket.example', host] }).option).toBe(
      'redirect.hosts[1]',
    );
  });

  it.each([0, -1, 1.5, NaN, '60', null])(
    'refuses %j for expiresIn',
    (expiresIn) => {
      expect(refusal({ hosts: ['bucket.example'], expiresIn })).toMatchObject({
        option: 'redirect.expiresIn',
        accepted: expect.stringContaining('seconds'),
      });
    },
  );

  it('refuses an option that it does not know', () => {
    const options = { hosts: ['bucket.example'], status: 301 };

    expect(refusal(options)).toMatchObject({
      option: 'redirect.status',
      accepted: expect.stringContaining('hosts, expiresIn'),
    });
  });

  it.each([undefined, null, 'bucket.example'])(
    'refuses %j for options',
    (options) => {
      expect(refusal(options).option).toBe('redirect');
    },
  );

  it.each([
    'bucket.example',
    'bucket.example:9000',
    'Bucket.Example',
    'a_service:80',
    '127.0.0.1:9000',
    '[::1]',
    '[::1]:9000',
  ])('takes %j for a host', (host) => {
    expect(redirect({ hosts: [host], expiresIn: 1 })).toMatchObject({
      name: 'redirect',
    });
  });
});
