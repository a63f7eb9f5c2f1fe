import { describe, expect, it } from '@jest/globals';
import { InvalidOptionsError } from 'nestjs-downloadview';
import {
  expectXSendfile,
  type ExpectedXSendfile,
  type TestResponse,
} from 'nestjs-downloadview/testing';

import { DIFFICULT_FILE_NAMES } from '../../support/files/difficult-file-names.js';
import { errorOf } from './failures.js';

const rawly = (path: string): string => Buffer.from(path).toString('latin1');

const response = (
  path: string | string[],
  headers: object = {},
): TestResponse => ({
  statusCode: 200,
  headers: {
    'x-sendfile': path,
    'content-type': 'text/plain',
    'content-disposition': `inline; filename="a.txt"`,
    'content-length': '0',
    ...headers,
  },
  rawPayload: new Uint8Array(0),
});

describe('expectXSendfile()', () => {
  it.each(DIFFICULT_FILE_NAMES)(
    'decodes a path of either encoding: $title',
    ({ name }) => {
      const path = `/srv/${name}`;
      const percent = response(
        path.split('/').map(encodeURIComponent).join('/'),
      );
      const raw = response(rawly(path));

      expectXSendfile(percent, { path });
      expectXSendfile(percent, { path, pathEncoding: 'percent' });
      expectXSendfile(raw, { path, pathEncoding: 'raw' });
      for (const received of [percent, raw]) {
        expect(() => expectXSendfile(received, { path: '/srv' })).toThrow(
          /path: expected '\/srv', but was /,
        );
      }
    },
  );

  it('decodes once', () => {
    expectXSendfile(response('/srv/a%2541'), { path: '/srv/a%41' });
    expectXSendfile(response('/srv/a%41'), {
      path: '/srv/a%41',
      pathEncoding: 'raw',
    });
  });

  it.each(['/srv/100%', '/srv/%zz', '/srv/%ff', '/srv/\xff', '/srv/日'])(
    'says that %j is not percent-encoded',
    (path) => {
      expect(() => expectXSendfile(response(path), { path })).toThrow(
        /but was '.*\(not percent\)'/,
      );
    },
  );

  it.each(['/srv/\xff', '/srv/日'])('says that %j is not raw', (path) => {
    const expected = { path, pathEncoding: 'raw' } as const;

    expect(() => expectXSendfile(response(path), expected)).toThrow(
      /but was '.*\(not raw\)'/,
    );
  });

  it.each<[ExpectedXSendfile, ExpectedXSendfile]>([
    [{ contentType: 'text/plain' }, { contentType: 'text/html' }],
    [{ basename: 'a.txt' }, { basename: 'b.txt' }],
    [{ attachment: false }, { attachment: true }],
  ])('takes %j and not %j', (right, wrong) => {
    expectXSendfile(response('/srv/a'), right);
    expect(() => expectXSendfile(response('/srv/a'), wrong)).toThrow(
      new RegExp(`\n  ${Object.keys(wrong)[0]}: expected .+, but was `),
    );
  });

  it('takes no answer to nginx, and no two headers', () => {
    const accel = { 'x-sendfile': undefined, 'x-accel-redirect': '/a' };

    expect(() => expectXSendfile(response('', accel))).toThrow(
      /offload headers: expected one x-sendfile, but was .*x-accel-redirect/,
    );
    expect(() => expectXSendfile(response(['/a', '/a']))).toThrow(
      /offload headers/,
    );
  });

  it.each([
    ['no such option', { url: '/a' }, 'url'],
    ['no path', { path: undefined }, 'path'],
    [
      'an encoding that is none',
      { path: '/a', pathEncoding: 'hex' },
      'pathEncoding',
    ],
    ['an encoding of nothing', { pathEncoding: 'raw' }, 'pathEncoding'],
  ])('refuses %s', (_, expected, option) => {
    const error = errorOf(() =>
      expectXSendfile(response('/a'), expected as ExpectedXSendfile),
    );

    expect(error).toBeInstanceOf(InvalidOptionsError);
    expect(error).toMatchObject({ option: `expectXSendfile.${option}` });
  });
});
