import { describe, expect, it } from '@jest/globals';

import {
  checkOptions,
  oneOf,
  type OptionTable,
  TRUE_OR_FALSE,
  wholeNumber,
} from '../../../lib/errors/check-options.js';
import {
  InvalidOptionsError,
  kindOf,
} from '../../../lib/errors/download-errors.js';

const CHECKS = {
  seconds: wholeNumber(1, 'Give whole seconds, 1 or more.'),
  keep: TRUE_OR_FALSE,
  form: oneOf(['raw', 'percent'], "Give 'raw' or 'percent'."),
};

function refusal(
  options: unknown,
  table: Partial<OptionTable> = {},
): InvalidOptionsError {
  try {
    checkOptions('box', options, CHECKS, {
      example: '{ seconds: 1 }',
      ...table,
    });
  } catch (error) {
    if (error instanceof InvalidOptionsError) return error;
    throw error;
  }
  throw new Error('The options were taken');
}

describe('checkOptions()', () => {
  it.each([
    {},
    { seconds: 1 },
    { seconds: undefined, keep: false },
    { form: 'raw' },
  ])('takes %j', (options) => {
    expect(() => refusal(options)).toThrow('The options were taken');
  });

  it.each([undefined, null, 1, 'seconds'])(
    'refuses %j, which is no object, and says what to give',
    (options) => {
      expect(refusal(options)).toMatchObject({
        option: 'box',
        accepted: 'Give { seconds: 1 }.',
      });
    },
  );

  it.each([
    ['seconds', 0, 'whole seconds'],
    ['seconds', 1.5, 'whole seconds'],
    ['seconds', NaN, 'whole seconds'],
    ['seconds', '1', 'whole seconds'],
    ['seconds', null, 'whole seconds'],
    ['keep', 1, 'true or false'],
    ['form', 'RAW', "'percent'"],
  ])('refuses %s: %j by the words of its check', (name, value, accepted) => {
    const error = refusal({ [name]: value });

    expect(error.option).toBe(`box.${name}`);
    expect(error.accepted).toContain(accepted);
  });

  it.each(['Seconds', 'toString', '__proto__'])(
    'refuses the unknown name %s and lists those that there are',
    (name) => {
      const options: unknown = JSON.parse(`{ "${name}": 1 }`);

      expect(refusal(options)).toMatchObject({
        option: `box.${name}`,
        accepted: 'Known are seconds, keep, form.',
      });
    },
  );

  it('refuses an unknown name without a value', () => {
    expect(refusal({ second: undefined }).option).toBe('box.second');
  });

  it.each([{}, { seconds: undefined }])(
    'refuses %j where seconds are required',
    (options) => {
      expect(refusal(options, { required: ['seconds'] })).toMatchObject({
        option: 'box.seconds',
        accepted: 'Give whole seconds, 1 or more.',
      });
    },
  );

  it('shows no value that may be a secret', () => {
    const { message } = refusal({ form: 'hunter2' }, { shown: kindOf });

    expect(message).toContain("'a string' was given");
    expect(message).not.toContain('hunter2');
  });
});
