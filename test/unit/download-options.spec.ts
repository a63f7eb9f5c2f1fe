import { describe, expect, it } from '@jest/globals';
import {
  type DownloadModuleOptions,
  InvalidOptionsError,
  MemoryStorage,
  stream,
} from 'nestjs-downloadview';

import { checkDownloadOptions } from '../../lib/download.options.js';

describe('the options of DownloadModule', () => {
  it.each<[string, DownloadModuleOptions | undefined]>([
    ['not there', undefined],
    ['empty', {}],
    [
      'all undefined',
      {
        backend: undefined,
        storages: undefined,
        inline: undefined,
        shutdownTimeout: undefined,
      },
    ],
  ])('are complete when they are %s', (_, options) => {
    const checked = checkDownloadOptions(options);
    expect(checked.backend.name).toBe('stream');
    expect(checked).toMatchObject({
      storages: {},
      shutdownTimeout: 10_000,
      exposeHeaders: false,
      intercept: 'all',
    });
    expect(checked.cacheControl).toBeUndefined();
    expect(checked.inlineTypes).toBeUndefined();
  });

  it('are kept as they are given', () => {
    const backend = stream();
    const storages = { default: new MemoryStorage() };
    const inline = { allow: ['image/png'] };
    const checked = checkDownloadOptions({
      backend,
      storages,
      cacheControl: 'no-store',
      inline,
      shutdownTimeout: 0,
      exposeHeaders: true,
    });
    expect(checked.backend).toBe(backend);
    expect(checked.storages).toEqual(storages);
    expect(checked.storages.default).toBe(storages.default);
    expect(checked).toMatchObject({
      cacheControl: 'no-store',
      inlineTypes: ['image/png'],
      shutdownTimeout: 0,
      exposeHeaders: true,
    });
  });

  it.each([
    [undefined, 'utf-8'],
    ['iso-8859-15', 'iso-8859-15'],
    [false, undefined],
  ] as const)('give text the charset %j: %j', (charset, checked) => {
    expect(checkDownloadOptions({ charset }).charset).toBe(checked);
  });

  it.each([true, '', 'utf 8', 8, null])('refuse %j as charset', (charset) => {
    expect(() => checkDownloadOptions({ charset } as never)).toThrow(
      '"charset"',
    );
  });

  it.each([true, '', 'none', null])('refuse %j as intercept', (intercept) => {
    expect(() => checkDownloadOptions({ intercept } as never)).toThrow(
      '"intercept"',
    );
  });

  it('may be frozen, and are not written to', () => {
    const options = Object.freeze({ storages: Object.freeze({}) });
    checkDownloadOptions(options);
    expect(Object.keys(options)).toEqual(['storages']);
  });

  it('take a backend of the application’s own', () => {
    const backend = { name: 'own', proxy: () => undefined };
    expect(checkDownloadOptions({ backend }).backend).toBe(backend);
  });

  it('name the first of several faults', () => {
    const options = { storages: { a: 1 }, shutdownTimeout: 'x', typo: 1 };
    expect(() => checkDownloadOptions(options as never)).toThrow(
      InvalidOptionsError,
    );
    expect(() => checkDownloadOptions(options as never)).toThrow('"typo"');
  });
});
