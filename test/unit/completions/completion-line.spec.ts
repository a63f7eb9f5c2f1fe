import { describe, expect, it } from '@jest/globals';

import { parseCompletion } from '../../../lib/completions/completion-line.js';

const id = '3f2a1c9e-0b4d-4e6f-8a7b-1c2d3e4f5a6b';

function nginx(fields: Record<string, unknown>): string {
  return JSON.stringify({
    id,
    status: 200,
    bytes: 100,
    complete: 'OK',
    length: '100',
    seconds: 0.25,
    ...fields,
  });
}

function caddy(fields: Record<string, unknown>): string {
  return JSON.stringify({
    level: 'info',
    request: { uri: '/a"}' },
    duration: 0.25,
    size: 100,
    status: 200,
    resp_headers: { 'X-Download-Id': [id], 'Content-Length': ['100'] },
    ...fields,
  });
}

function words(server: 'apache' | 'lighttpd', fields: string): string {
  return `nestjs-downloadview server=${server} id=${id} ${fields}`;
}

describe('a line of a log', () => {
  it.each([
    ['nginx: whole', nginx({}), 'completed', 100],
    [
      'nginx: cut by the client',
      nginx({ complete: '', bytes: 10 }),
      'aborted',
      10,
    ],
    [
      'nginx: broken off by a store, which it takes for OK',
      nginx({ bytes: 10 }),
      'aborted',
      10,
    ],
    ['nginx: without a length', nginx({ length: '' }), 'completed', 100],
    [
      'nginx: 304',
      nginx({ status: 304, bytes: 0, length: '' }),
      'not-modified',
      0,
    ],
    ['nginx: 416', nginx({ status: 416, bytes: 5, length: '5' }), 'refused', 5],
    ['nginx: gone', nginx({ status: 404 }), 'failed', 100],
    [
      'nginx: left before the answer began',
      nginx({ status: 499, bytes: 0 }),
      'aborted',
      0,
    ],
    [
      'nginx: behind the head of syslog',
      `<190>Nov 29 20:00:00 nginx: ${nginx({})}`,
      'completed',
      100,
    ],
    ['Caddy: whole', caddy({}), 'completed', 100],
    ['Caddy: cut', caddy({ size: 10 }), 'aborted', 10],
    [
      'Caddy: 304',
      caddy({ status: 304, size: 0, resp_headers: { 'X-Download-Id': [id] } }),
      'not-modified',
      0,
    ],
    [
      'Apache: whole, its head counted',
      words(
        'apache',
        'status=200 sent=420 length=100 connection=+ microseconds=250000',
      ),
      'completed',
      100,
    ],
    [
      'Apache: cut',
      words(
        'apache',
        'status=206 sent=60 length=100 connection=X microseconds=1',
      ),
      'aborted',
      60,
    ],
    [
      'lighttpd: whole',
      words('lighttpd', 'status=200 sent=100 length=100 connection=+'),
      'completed',
      100,
    ],
    [
      'lighttpd: cut',
      words('lighttpd', 'status=200 sent=10 length=100 connection=X'),
      'aborted',
      10,
    ],
  ])('is read: %s', (_title, line, outcome, bytes) => {
    expect(parseCompletion(line)).toMatchObject({ id, outcome, bytes });
  });

  it('tells the time in milliseconds, whatever the server counts in', () => {
    const apache = words(
      'apache',
      'status=200 sent=420 length=100 connection=+ microseconds=250000',
    );
    expect(parseCompletion(nginx({}))?.duration).toBe(250);
    expect(parseCompletion(caddy({}))?.duration).toBe(250);
    expect(parseCompletion(apache)?.duration).toBe(250);
  });

  it.each([
    ['nothing', ''],
    ['half a line', nginx({}).slice(0, -5)],
    ['an array', '[{"id":1}]'],
    ['no id', nginx({ id: '' })],
    ['an id of another kind', nginx({ id: 5 })],
    ['an id that is none', nginx({ id: '../../etc/passwd0000000' })],
    ['negative bytes', nginx({ bytes: -1 })],
    ['no status', nginx({ status: '-' })],
    ['another program', `apache id=${id} status=200 sent=1 connection=+`],
    ['words without bytes', words('apache', 'status=200 connection=+')],
    ['Caddy without headers', caddy({ resp_headers: null })],
    ['a prototype', '{"__proto__":{"id":"x"},"status":200,"bytes":1}'],
  ])('is no completion: %s', (_title, line) => {
    expect(parseCompletion(line)).toBeUndefined();
  });
});
