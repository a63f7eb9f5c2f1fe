import { expect } from '@jest/globals';

import { type HttpAnswer } from '../clients/http-client.js';

const OF_THE_FILE = [
  'content-disposition',
  'content-encoding',
  'last-modified',
  'accept-ranges',
];

/** Nest's own 404, which nobody keeps and which says nothing about the file. */
export function expectNotFound({ status, headers, text }: HttpAnswer): void {
  expect(status).toBe(404);
  expect(headers['content-type']).toMatch(/^application\/json/);
  expect(headers['cache-control']).toBe('no-store');
  expect(JSON.parse(text)).toEqual({ statusCode: 404, message: 'Not Found' });
  for (const name of OF_THE_FILE) expect(headers).not.toHaveProperty(name);
}
