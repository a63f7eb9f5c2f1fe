import { describe, expect, it } from '@jest/globals';
import { nginx, type NginxOptions } from 'nestjs-downloadview';

import { InvalidOptionsError } from '../../../lib/errors/invalid-options.error.js';

const rules = [{ sourceDir: '/srv/media/', destination: '/_offload/' }];

function refusal(options: unknown): InvalidOptionsError {
  try {
    nginx(options as NginxOptions);
  } catch (error) {
    if (error instanceof InvalidOptionsError) return error;
    throw error;
  }
  throw new Error('The options were taken');
}

describe('nginx()', () => {
  it.each([
    ['expires', -1, 'seconds'],
    ['expires', 1.5, 'seconds'],
    ['expires', NaN, 'seconds'],
    ['expires', Infinity, 'seconds'],
    ['expires', '60', 'seconds'],
    ['expires', 'off', 'seconds'],
    ['expires', true, 'seconds'],
    ['expires', null, 'seconds'],
    ['expires', new Date(NaN), 'seconds'],
    ['buffering', 'yes', 'true or false'],
    ['buffering', 1, 'true or false'],
    ['buffering', null, 'true or false'],
    ['limitRate', -1, 'bytes per second'],
    ['limitRate', 0.5, 'bytes per second'],
    ['limitRate', NaN, 'bytes per second'],
    ['limitRate', '1k', 'bytes per second'],
    ['limitRate', 'off', 'bytes per second'],
    ['limitRate', true, 'bytes per second'],
    ['limitRate', null, 'bytes per second'],
    ['charset', '', 'utf-8'],
    ['charset', 'utf 8', 'utf-8'],
    ['charset', 'utf-8\r\nX: y', 'utf-8'],
    ['charset', 8, 'utf-8'],
    ['charset', null, 'utf-8'],
    ['limitrate', 1000, 'limitRate'],
    ['pathEncoding', 'raw', 'rules'],
  ])('refuses %s: %j and says what it takes', (name, value, accepted) => {
    const error = refusal({ rules, [name]: value });

    expect(error.option).toBe(`nginx.${name}`);
    expect(error.accepted).toContain(accepted);
  });

  it.each([undefined, null, 'nginx', 1])(
    'refuses %j for options',
    (options) => {
      expect(refusal(options).option).toBe('nginx');
    },
  );

  it('refuses options without rules', () => {
    expect(refusal({}).option).toBe('rules');
  });

  it('names the value that was given', () => {
    const { message } = refusal({ rules, limitRate: '1k' });

    expect(message).toContain(`"nginx.limitRate": '1k' was given`);
  });

  it.each<Omit<NginxOptions, 'rules'>>([
    {},
    { expires: 0 },
    { expires: 3600 },
    { expires: false },
    { expires: new Date(0) },
    { buffering: true },
    { buffering: false },
    { limitRate: 0 },
    { limitRate: 100_000 },
    { limitRate: false },
    { charset: 'utf-8' },
    { charset: 'koi8-r' },
    {
      expires: undefined,
      buffering: undefined,
      limitRate: undefined,
      charset: undefined,
    },
  ])('takes %j', (options) => {
    expect(nginx({ rules, ...options })).toMatchObject({ name: 'nginx' });
  });

  it('warns of a directory that is not there', async () => {
    const missing = nginx({
      rules: [{ sourceDir: '/no/such/directory', destination: '/_offload/' }],
    });

    expect(await missing.warnings?.()).toEqual([
      expect.stringContaining("'/no/such/directory/'"),
    ]);
  });
});
