import { describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';

import { type DownloadRequest } from '../../../lib/http/download-request.js';
import { ObjectDownloadController } from '../../../lib/controllers/object-download.controller.js';
import { FileNotFoundError } from '../../../lib/errors/download-errors.js';

@Controller('documents/:id/:slug')
class DocumentController extends ObjectDownloadController<object> {}

function where(params: DownloadRequest['params']): unknown {
  const request = { method: 'GET', url: '/', headers: {}, params, query: {} };
  return new DocumentController().getWhere(request);
}

describe('ObjectDownloadController.getWhere()', () => {
  it('wants all keys that the request has', () => {
    expect(where({ id: '1', slug: 'a' })).toEqual({ id: '1', slug: 'a' });
  });

  it('does without a key of another route', () => {
    expect(where({ id: '1' })).toEqual({ id: '1' });
    expect(where({ slug: 'a', other: '' })).toEqual({ slug: 'a' });
  });

  // As Fastify's router may give them.
  it.each([
    { id: '1', slug: '' },
    { id: '', slug: 'a' },
    { id: '', slug: '' },
    { id: '' },
    {},
  ])('finds no row for %j', (params) => {
    expect(() => where(params)).toThrow(FileNotFoundError);
  });

  it.each(['a/b', '\0', 'a\0b'])('finds no row for %j in a segment', (slug) => {
    expect(() => where({ id: '1', slug })).toThrow(FileNotFoundError);
  });
});
