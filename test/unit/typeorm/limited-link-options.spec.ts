import { describe, expect, it } from '@jest/globals';
import { TypeOrmModule } from '@nestjs/typeorm';
import { InvalidOptionsError } from 'nestjs-downloadview';
import {
  type LimitedLinkOptions,
  LimitedLinksModule,
  type LimitedLinksModuleOptions,
} from 'nestjs-downloadview/typeorm';

import { checkLimitedLinkOptions } from '../../../lib/typeorm/limited-links/limited-link-options.js';
import { bootError } from '../../support/boot-error.js';

const GOOD: LimitedLinkOptions = { path: '/shared/:link', subject: '5' };

describe('a limited link is not made', () => {
  it.each<[option: string, value: unknown]>([
    ['path', undefined],
    ['path', '/shared'],
    ['path', '/:link/:link'],
    ['path', '/shared/:linked'],
    ['subject', undefined],
    ['subject', ''],
    ['subject', 5],
    ['subject', 'x'.repeat(256)],
    ['subject', '\ud800'],
    ['subject', 'a\0b'],
    ['creator', ''],
    ['creator', 5],
    ['note', 'x'.repeat(1001)],
    ['note', null],
    ['maxUses', 0],
    ['maxUses', 1.5],
    ['maxUses', 2 ** 31],
    ['maxUses', '1'],
    ['expiresIn', 0],
    ['expiresIn', null],
    ['basename', ''],
    ['basename', 'x'.repeat(256)],
    ['uses', 1],
  ])('with %s %j', (option, value) => {
    const options = { ...GOOD, [option]: value };
    const check = () => checkLimitedLinkOptions(options);
    expect(check).toThrow(InvalidOptionsError);
    expect(check).toThrow(`"create().${option}"`);
  });

  it.each([
    {},
    { maxUses: null },
    { maxUses: 3, expiresIn: 60, basename: 'a.txt' },
    { creator: 'ada', note: 'x'.repeat(1000) },
    { maxUses: undefined, basename: undefined },
    { path: 'https://files.example/api/shared/:link?lang=en' },
  ])('wrongly with %j', (options) => {
    expect(() =>
      checkLimitedLinkOptions({ ...GOOD, ...options }),
    ).not.toThrow();
  });
});

describe('the module does not boot', () => {
  it.each<[option: string, value: unknown]>([
    ['grantLifetime', 0],
    ['grantLifetime', '60'],
    ['checkInterval', 0],
    ['checkInterval', 60],
    ['lifetime', 60],
    ['cleanUpInterval', 0],
    ['cleanUpInterval', true],
    ['cleanUpInterval', 10_000_000],
    ['keepUses', -1],
  ])('with %s %j', (option, value) => {
    const options = { [option]: value } as LimitedLinksModuleOptions;
    expect(() => LimitedLinksModule.forRoot(options)).toThrow(
      `"LimitedLinksModule.${option}"`,
    );
  });

  it('where the database does not know the entities', async () => {
    const error = await bootError('express', {
      options: { signing: { secrets: ['x'.repeat(32)] } },
      imports: [
        TypeOrmModule.forRoot({ type: 'sqljs', retryAttempts: 0 }),
        LimitedLinksModule.forRoot(),
      ],
    });
    expect(error).toBeInstanceOf(InvalidOptionsError);
    expect(error.message).toContain('entities: [...limitedLinkEntities]');
  });
});
