import { describe, expect, it } from '@jest/globals';
import { HttpFile } from 'nestjs-downloadview';

const URL_OF_FILE = 'https://files.example/a.txt';
const make = (options: object): HttpFile =>
  new HttpFile(URL_OF_FILE, {
    allowedHosts: ['files.example'],
    ...options,
  });

describe('The options of HttpFile', () => {
  it.each([
    [{ allowedHosts: undefined }, 'HttpFile.allowedHosts'],
    [{ allowedHosts: 'files.example' }, 'HttpFile.allowedHosts'],
    [{ allowedHosts: [] }, 'HttpFile.allowedHosts'],
    [{ allowedHosts: ['files.example', ''] }, 'HttpFile.allowedHosts[1]'],
    [{ allowedHosts: ['*.example'] }, 'HttpFile.allowedHosts[0]'],
    [{ allowedHosts: ['https://files.example'] }, 'HttpFile.allowedHosts[0]'],
    [{ allowedHosts: ['files.example/a'] }, 'HttpFile.allowedHosts[0]'],
    [{ allowedHosts: ['files.example:'] }, 'HttpFile.allowedHosts[0]'],
    [{ allowedHosts: ['files.example:99999'] }, 'HttpFile.allowedHosts[0]'],
    [{ allowedHosts: ['user@files.example'] }, 'HttpFile.allowedHosts[0]'],
    [{ allowedHosts: [undefined] }, 'HttpFile.allowedHosts[0]'],
    [{ timeout: 0 }, 'HttpFile.timeout'],
    [{ timeout: -1 }, 'HttpFile.timeout'],
    [{ timeout: NaN }, 'HttpFile.timeout'],
    [{ timeout: Infinity }, 'HttpFile.timeout'],
    [{ timeout: '300' }, 'HttpFile.timeout'],
    [{ maxSize: 0 }, 'HttpFile.maxSize'],
    [{ maxSize: NaN }, 'HttpFile.maxSize'],
    [{ maxSize: '1mb' }, 'HttpFile.maxSize'],
  ])('refuse %j', (options, option) => {
    expect(() => make(options)).toThrow(
      expect.objectContaining({ name: 'InvalidOptionsError', option }),
    );
  });

  it('cannot be left out', () => {
    expect(() => void Reflect.construct(HttpFile, [URL_OF_FILE])).toThrow(
      '"HttpFile.allowedHosts"',
    );
  });

  it.each([
    [{ timeout: 1, maxSize: 1 }],
    [{ timeout: undefined, maxSize: undefined }],
    [{ maxSize: Infinity }],
    [
      {
        allowedHosts: [
          '[::1]:9000',
          'a_b.internal',
          'bücher.example',
          'files.example',
        ],
      },
    ],
  ])('take %j', (options) => {
    expect(make(options).name).toBe('a.txt');
  });
});
