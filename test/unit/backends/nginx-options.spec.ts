import { describe, expect, it } from '@jest/globals';
import { nginx, type NginxOptions } from 'nestjs-downloadview';

import { InvalidOptionsError } from '../../../lib/errors/download-errors.js';

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

  it.each([
    ['limitRate', '1k', 'bytes per second'],
    ['expires', 'off', 'seconds'],
    ['buffering', 'yes', 'true or false'],
    ['charset', 'utf 8', 'utf-8'],
    ['backend', {}, 'sourceDir'],
    ['limitrate', 1000, 'limitRate'],
  ])(
    'refuses %s: %j of a rule and says what it takes',
    (name, value, accepted) => {
      const error = refusal({ rules: [{ ...rules[0], [name]: value }] });

      expect(error.option).toBe(`rules[0].${name}`);
      expect(error.accepted).toContain(accepted);
    },
  );

  it.each([
    ['hosts', undefined, 'host:port'],
    ['hosts', [], 'host:port'],
    ['hosts', 'store.example', 'host:port'],
    ['hosts[0]', ['https://store.example'], 'host:port'],
    ['hosts[0]', ['store.example; return 200'], 'host:port'],
    ['hosts[0]', ['user@store.example'], 'host:port'],
    ['hosts[1]', ['store.example', '*.example'], 'host:port'],
    ['resolver', '', 'DNS'],
    ['resolver', '10.0.0.2; return 200', 'DNS'],
    ['resolver', '10.0.0.2\n', 'DNS'],
    ['resolver', 53, 'DNS'],
    ['certificates', 'ca.pem', 'absolute path'],
    ['certificates', '/etc/$x', 'absolute path'],
    ['certificates', '/etc/a\nb', 'absolute path'],
    ['certificates', null, 'absolute path'],
    ['host', 'store.example', 'hosts, resolver, certificates'],
  ])(
    'refuses remote.%s: %j and says what it takes',
    (name, value, accepted) => {
      const remote = {
        hosts: ['store.example'],
        [name.replace(/\[.*/, '')]: value,
      };
      const error = refusal({ rules, remote });

      expect(error.option).toBe(`nginx.remote.${name}`);
      expect(error.accepted).toContain(accepted);
    },
  );

  it.each([null, 'store.example', ['store.example']])(
    'refuses %j for remote',
    (remote) => {
      expect(refusal({ rules, remote }).option).toMatch(/^nginx\.remote/);
    },
  );

  it.each([
    [['/_a/', '/_a-tagged/'], 'rules[1]', '/_a-tagged/'],
    [['/_a-tagged/', '/_a/'], 'rules[0]', '/_a-tagged/'],
    [['/_a-tagged/deeper/', '/_a/'], 'rules[0]', '/_a-tagged/'],
  ])(
    'refuses the destinations %j, of which one is the double of the other',
    (destinations, at, other) => {
      const error = refusal({
        rules: destinations.map((destination, index) => ({
          sourceDir: `/srv/${index}`,
          destination,
        })),
      });

      expect(error.option).toBe(`${at}.destination`);
      expect(error.accepted).toContain(other);
    },
  );

  it.each(['/_remote/', '/_remote/deeper/'])(
    'refuses %s for a destination where nginx fetches files there',
    (destination) => {
      const own = [{ sourceDir: '/srv/media/', destination }];

      expect(nginx({ rules: own })).toMatchObject({ name: 'nginx' });
      expect(
        refusal({ rules: own, remote: { hosts: ['store.example'] } }),
      ).toMatchObject({
        option: 'rules[0].destination',
        accepted: expect.stringContaining('/_remote/'),
      });
    },
  );

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
    { remote: undefined },
    { remote: { hosts: ['store.example', '127.0.0.1:9000', '[::1]:9000'] } },
    {
      remote: {
        hosts: ['store.example'],
        resolver: '127.0.0.53 [::1]:53 valid=30s ipv6=off',
        certificates: '/etc/pki/tls/certs/ca bundle.crt',
      },
    },
    { remote: { hosts: ['store.example'], resolver: undefined } },
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
