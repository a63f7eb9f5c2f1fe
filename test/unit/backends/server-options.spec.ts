import { mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import {
  apache,
  type ApacheOptions,
  caddy,
  type CaddyOptions,
  InvalidOptionsError,
  lighttpd,
  type LighttpdOptions,
} from 'nestjs-downloadview';

const RULE = { sourceDir: '/srv/media/' };
const LOCATED = { ...RULE, destination: '/_offload/' };

/** The backends, called as from JavaScript. */
const BACKENDS = {
  apache: {
    make: (options: unknown) => apache(options as ApacheOptions),
    options: { rules: [RULE], pathEncoding: 'raw' },
  },
  lighttpd: {
    make: (options: unknown) => lighttpd(options as LighttpdOptions),
    options: { rules: [RULE] },
  },
  caddy: {
    make: (options: unknown) => caddy(options as CaddyOptions),
    options: { rules: [LOCATED], pathEncoding: 'raw' },
  },
};
const NAMES = ['apache', 'lighttpd', 'caddy'] as const;
type Name = (typeof NAMES)[number];

function refusal(name: Name, options: unknown): InvalidOptionsError {
  try {
    BACKENDS[name].make(options);
  } catch (error) {
    if (error instanceof InvalidOptionsError) return error;
    throw error;
  }
  throw new Error('The options were taken');
}

describe.each(NAMES)('%s()', (name) => {
  const { make, options } = BACKENDS[name];
  const [rule] = options.rules;

  it('has its name', () => {
    expect(make(options)).toMatchObject({ name });
  });

  it.each([undefined, null, 'x', 1])('refuses %j for options', (given) => {
    const error = refusal(name, given);

    expect(error.option).toBe(name);
    expect(error.accepted).toContain('rules');
  });

  it('refuses an option that it does not know, and names the others', () => {
    const error = refusal(name, { ...options, expires: 1 });

    expect(error.option).toBe(`${name}.expires`);
    expect(error.accepted).toContain('rules');
  });

  it.each([undefined, [], 'x', RULE])('refuses %j for rules', (rules) => {
    expect(refusal(name, { ...options, rules }).option).toBe('rules');
  });

  it.each([
    ['an unknown option', { ...rule, dest: '/x/' }, 'rules[0].dest'],
    ['no source', { ...rule, sourceDir: undefined }, 'rules[0]'],
    ['two sources', { ...rule, sourceUrl: '/media/' }, 'rules[0]'],
    [
      'a relative directory',
      { ...rule, sourceDir: 'media/' },
      'rules[0].sourceDir',
    ],
    [
      'a relative destination',
      { ...rule, destinationDir: './media/' },
      'rules[0].destinationDir',
    ],
    [
      'a URL without a slash at its end',
      {
        ...rule,
        sourceDir: undefined,
        sourceUrl: '/media',
        destinationDir: '/mnt/',
      },
      'rules[0].sourceUrl',
    ],
    [
      'a URL without a directory',
      { ...rule, sourceDir: undefined, sourceUrl: '/media/' },
      'rules[0].destinationDir',
    ],
  ])('refuses a rule with %s', (_, wrong, option) => {
    const error = refusal(name, { ...options, rules: [wrong] });

    expect(error.option).toBe(option);
    expect(error.accepted).not.toBe('');
  });

  it.each(['/srv/media', '/srv/media/photos/', '/srv/'])(
    'refuses a second rule for %s, which overlaps',
    (sourceDir) => {
      const second = { ...rule, sourceDir, destination: '/_b/' };
      const other = name === 'caddy' ? second : { ...rule, sourceDir };

      const error = refusal(name, { ...options, rules: [rule, other] });

      expect(error.option).toBe('rules[1]');
      expect(error.accepted).toContain('overlaps');
    },
  );

  it('warns of a directory that is not there', async () => {
    const rules = [{ ...rule, sourceDir: '/no/such/directory' }];

    expect(await make({ ...options, rules }).warnings?.()).toEqual([
      expect.stringMatching(/'\/no\/such\/directory\/'.*does not exist/),
    ]);
  });

  it('warns of nothing where all is well', async () => {
    const sourceDir = await realpath(tmpdir());
    const rules = [{ ...rule, sourceDir }];

    expect(await make({ ...options, rules }).warnings?.()).toEqual([]);
  });
});

describe.each(['apache', 'caddy'] as const)('pathEncoding of %s()', (name) => {
  const { make, options } = BACKENDS[name];

  it.each([undefined, null, '', 'RAW', 'uri', true])(
    'is not %j',
    (pathEncoding) => {
      const error = refusal(name, { ...options, pathEncoding });

      expect(error.option).toBe(`${name}.pathEncoding`);
      expect(error.accepted).toMatch(/'raw'.*'percent'/);
    },
  );

  it.each(['raw', 'percent'])('may be %s', (pathEncoding) => {
    expect(make({ ...options, pathEncoding })).toMatchObject({ name });
  });
});

it.each(['apache', 'lighttpd'] as const)(
  'a rule of %s() has no location',
  (name) => {
    const options = { ...BACKENDS[name].options, rules: [LOCATED] };

    expect(refusal(name, options).option).toBe('rules[0].destination');
  },
);

it('a rule of caddy() has one', () => {
  const options = { ...BACKENDS.caddy.options, rules: [RULE] };

  expect(refusal('caddy', options).option).toBe('rules[0].destination');
});

it.each([
  ['apache', '/srv/100%/', 1],
  ['lighttpd', '/srv/100%/', 0],
])('%s() warns of %s, which it cannot be told', async (name, path, count) => {
  const { make, options } = BACKENDS[name as Name];
  const rules = [{ sourceUrl: '/media/', destinationDir: path }];

  const warnings = await make({ ...options, rules }).warnings?.();

  expect(warnings).toHaveLength(count);
  if (count > 0) expect(warnings?.[0]).toContain(`'${path}'`);
});

describe('a directory behind a link', () => {
  it.each([
    ['apache', undefined, 0],
    ['caddy', undefined, 0],
    ['lighttpd', undefined, 1],
    ['lighttpd', '/srv/media/', 0],
  ])('%s(), told %s, warns of it %d times', async (name, told, count) => {
    const base = await mkdtemp(join(await realpath(tmpdir()), 'linked-'));
    try {
      await symlink('.', join(base, 'link'));
      const { make, options } = BACKENDS[name as Name];
      const [rule] = options.rules;
      const rules = [
        {
          ...rule,
          sourceDir: join(base, 'link'),
          ...(told !== undefined && { destinationDir: told }),
        },
      ];

      const warnings = await make({ ...options, rules }).warnings?.();

      expect(warnings).toHaveLength(count);
      if (count > 0) expect(warnings?.[0]).toContain('destinationDir');
    } finally {
      await rm(base, { recursive: true });
    }
  });
});
