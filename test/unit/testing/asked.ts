import { type TestResponse } from 'nestjs-downloadview/testing';
import supertest from 'supertest';

import {
  type Adapter,
  type RunningApplication,
} from '../../support/application.js';

interface Way {
  readonly way: string;
  readonly adapter: Adapter;
  readonly ask: (
    running: RunningApplication,
    path: string,
    headers?: Record<string, string>,
  ) => Promise<TestResponse>;
}

const bySupertest: Way['ask'] = async ({ app }, path, headers = {}) =>
  supertest(app.getHttpServer()).get(path).set(headers);

/** How the tests of applications come by a response. */
export const WAYS: readonly Way[] = [
  { way: 'supertest, Express', adapter: 'express', ask: bySupertest },
  { way: 'supertest, Fastify', adapter: 'fastify', ask: bySupertest },
  {
    way: 'fetch(), its body read',
    adapter: 'express',
    ask: async ({ origin }, path, headers) => {
      const response = await fetch(origin + path, { headers });
      const body = new Uint8Array(await response.arrayBuffer());
      return { status: response.status, headers: response.headers, body };
    },
  },
];
