import { type ValueTransformer } from 'typeorm';

/**
 * A moment as milliseconds since 1970: the one way that means the same on every database. Drivers give such
 * numbers as texts.
 *
 * @internal
 */
export const moment: ValueTransformer = {
  to: (value: unknown) => (value instanceof Date ? value.getTime() : value),
  from: (value: unknown) =>
    value === null || value === undefined ? null : new Date(Number(value)),
};

/**
 * A whole number of up to 2^53.
 *
 * @internal
 */
export const wholeNumber: ValueTransformer = {
  to: (value: unknown) => value,
  from: (value: unknown) => Number(value),
};
