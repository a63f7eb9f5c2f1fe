import { describe, expect, it } from '@jest/globals';
import { type ExecutionContext } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

import {
  SignedUrlGuard,
  targetOf,
} from '../../../lib/signing/signed-url.guard.js';
import { signerAt } from '../../support/links/links.js';

describe('SignedUrlGuard', () => {
  it.each(['rpc', 'ws', 'graphql'])(
    'lets nothing pass in a context of %s, where there is no link',
    async (type) => {
      const guard = new SignedUrlGuard(signerAt(0), new HttpAdapterHost());
      const context = { getType: () => type } as unknown as ExecutionContext;
      expect(await guard.canActivate(context)).toBe(false);
    },
  );
});

describe('the target of a request', () => {
  it('has the path in front where an application is mounted in another', () => {
    const request = { method: 'GET', url: '/a?b', headers: {} };
    expect(targetOf(request)).toBe('/a?b');
    expect(targetOf({ ...request, baseUrl: '/outer' })).toBe('/outer/a?b');
  });
});
