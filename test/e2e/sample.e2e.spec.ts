import { once } from 'node:events';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import jsQR from 'jsqr';
import sharp from 'sharp';

import { describeWith } from '../support/describe-with.js';
import { eventually } from '../support/eventually.js';
import {
  type HttpAnswer,
  httpRequest,
} from '../support/clients/http-client.js';
import { type S3Server, startSwift } from '../support/stores/swift.js';
import { startPostgres } from '../support/databases/postgres.js';
import { type ProgramName } from '../support/programs.js';
import { type RunningProgram, Sample } from '../support/sample.js';

const NAME = 'é 日本 "x" 🏖️.txt';
const PATH = '/documents/e-x';
const CONTENT = 'Grüße, 日本!\n';
// What a developer's shell may have set is not what is tested.
const SHELL = {
  ...{ DATABASE_URL: '', DOWNLOAD_BACKEND: '', PATH_ENCODING: '', PORT: '0' },
  ...{ HOST: '', PUBLIC_URL: '', SIGNING_SECRET: '', UPLOAD_LIMIT: '' },
  ...{ S3_BUCKET: '', S3_ENDPOINT: '', TRUST_PROXY: '' },
};
const FIRST = [
  ...['Letter.pdf', 'Sunset.png', 'Tide.webm', 'Prélude.wav'],
  'Welcome.txt',
];

let sample: Sample;

beforeAll(async () => {
  sample = await Sample.build();
}, 120_000);

afterAll(() => sample?.remove(), 30_000);

describe('the sample', () => {
  let program: RunningProgram;
  let origin: string;

  const start = async (env: NodeJS.ProcessEnv = {}): Promise<void> => {
    program = await sample.start(['main'], {
      ...{ ...SHELL, DATA_DIR: sample.data('plain') },
      ...{ UPLOAD_LIMIT: '1000000', ...env },
    });
    [origin] = program.addresses;
  };
  beforeAll(() => start(), 30_000);

  it('lists its first documents', async () => {
    const { status, headers, text } = await httpRequest(origin, '/');
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(names(text)).toEqual(FIRST);
  });

  it('lets its pages run and load nothing but its own', async () => {
    const { headers } = await httpRequest(origin, '/documents/letter');
    const policy = headers['content-security-policy'];
    expect(policy).toContain("default-src 'none'; script-src 'self'");
    expect(policy).not.toContain('unsafe');
    expect(headers['cache-control']).toBe('no-store');
  });

  const text = 'text/plain; charset=utf-8';
  const csv = 'text/csv; charset=utf-8';
  it.each([
    ['/documents/welcome/download', text, 'attachment; "Welcome.txt"', /^Hell/],
    ['/documents/welcome/inline', text, 'inline; "Welcome.txt"', /^Hello!.* à/],
    ['/documents/sunset/inline', 'image/png', 'inline; "Sunset.png"', /^.PNG/],
    [
      '/documents/letter/inline',
      'application/pdf',
      'inline; "Letter.pdf"',
      /^%PDF-1\.4\n.*\n%%EOF\n$/s,
    ],
    ['/latest', 'application/pdf', 'attachment; "Letter.pdf"', /^%PDF-1\.4\n/],
    [
      '/terms.txt',
      'text/plain; charset=utf-8',
      'inline; "terms.txt"',
      /^Terms of this/,
    ],
    [
      '/public/guides/welcome.txt',
      'text/plain; charset=utf-8',
      'attachment; "welcome.txt"',
      /^Welcome\./,
    ],
    [
      '/documents.csv',
      csv,
      'attachment; "documents.csv"',
      /^Name,Type,Bytes,Added\r?\nLetter\.pdf,application\/pdf,\d+,2.*\r?\n(?:.+\r?\n){3}Welcome\.txt/,
    ],
    [
      '/statistics.csv',
      csv,
      'attachment; "statistics.csv"',
      /^documents,bytes\n5,\d+\n$/,
    ],
    [
      '/partner/prices.csv',
      'text/csv',
      'attachment; "prices.csv"',
      /^item,price\nbook,12\.50\n$/,
    ],
  ])('answers %s', async (path, type, disposition, body) => {
    const { status, headers, text } = await httpRequest(origin, path);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe(type);
    expect(shortDisposition(headers['content-disposition'])).toBe(disposition);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(text).toMatch(body);
  });

  it('is healthy', () => expectHealthy(origin));

  it('tells people, too, what its health check has found', async () => {
    const canary = `${sample.data('plain')}/public/guides/welcome.txt`;
    await rename(canary, `${canary}.away`);
    const headers = { accept: 'text/html' };
    const { status, text } = await httpRequest(origin, '/health', { headers });
    await rename(`${canary}.away`, canary);
    expect(status).toBe(503);
    expect(text).toContain('Downloads do not work');
    expect(text).toContain('The canary file gives no answer');
  });

  it('lets nobody but members have the handbook', async () => {
    const path = '/members/handbook.txt';
    const refused = await httpRequest(origin, path);
    expect(refused.status).toBe(401);
    expect(refused.headers['www-authenticate']).toMatch(/^Basic /);
    const member = Buffer.from('member:letmein').toString('base64');
    const headers = { authorization: `Basic ${member}` };
    const answer = await httpRequest(origin, path, { headers });
    expect(answer.status).toBe(200);
    expect(answer.text).toMatch(/^Handbook for members\n/);
  });

  it.each([
    ...['/documents/nope', '/documents/%00'],
    '/documents/nope/download',
    '/documents/nope/inline',
    '/documents/nope/share',
    '/public/nope.txt',
    '/public/../library.sqlite',
    '/public/%2e%2e/library.sqlite',
    '/public/..%2flibrary.sqlite',
    '/static/../src/main.ts',
  ])('answers %s with 404 and tells no path', async (path) => {
    const { status, headers, text } = await httpRequest(origin, path);
    expect(status).toBe(404);
    expect(headers['content-type']).toMatch(/^application\/json/);
    expect(text).not.toMatch(/sqlite|data|\/tmp/i);
  });

  it('tells people what is wrong by a page', async () => {
    const headers = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
    const answer = await httpRequest(origin, '/documents/nope', { headers });
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.headers['vary']).toContain('Accept');
    expect(answer.text).toContain('<h1>Not found</h1>');
  });

  it('takes a file of any name, and gives it back', async () => {
    const answer = await upload(origin, NAME, 'text/plain', CONTENT);
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe('/?added=e-x');
    expect(names(await page(origin))[0]).toBe(NAME);

    const download = await httpRequest(origin, `${PATH}/download`);
    expect(download.text).toBe(CONTENT);
    expect(download.headers['content-disposition']).toMatch(/^attachment;/);
    expect(fileName(download.headers['content-disposition'])).toBe(NAME);

    const shown = await httpRequest(origin, `${PATH}/inline`);
    expect(shown.text).toBe(CONTENT);
    expect(shown.headers['content-disposition']).toMatch(/^inline;/);
    expect(shown.headers['content-type']).toBe('text/plain; charset=utf-8');
  });

  it('shows no HTML: it goes out as an attachment', async () => {
    await upload(origin, 'page.html', 'text/html', '<script>1</script>');
    const { headers } = await httpRequest(origin, '/documents/page/inline');
    expect(headers['content-disposition']).toMatch(/^attachment;/);
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  it('escapes names', async () => {
    const name = `<img src=x onerror="alert('1')"> & co.txt`;
    await upload(origin, name, 'text/plain', 'x');
    const text = await page(origin);
    expect(names(text)[0]).toBe(name);
    const slug = 'img-src-x-onerror-alert-1-co';
    for (const path of [
      ...['', '/share', '/edit'].map((page) => `/documents/${slug}${page}`),
      ...[`/delete?slug=${slug}`, '/?search=%3Cimg%20src%3Dx'],
    ]) {
      const answer = await httpRequest(origin, path);
      expect(answer.status).toBe(200);
      expect(answer.text).not.toContain('<img src=x');
    }
    expect(text).not.toContain('<img src=x');
  });

  it('gives files of one name a place each, when many come at once', async () => {
    const contents = Array.from({ length: 12 }, (_, index) => `${index}`);
    const send = (name: (text: string) => string) =>
      contents.map((text) => upload(origin, name(text), 'text/plain', text));
    const [answers, links] = await Promise.all([
      Promise.all([
        ...send(() => 'twin.txt'),
        ...send((text) => `only-${text}.txt`),
      ]),
      Promise.all(contents.map(() => share(origin, PATH))),
    ]);
    expect(new Set(links).size).toBe(12);
    expect(answers.map(({ status }) => status)).toEqual(Array(24).fill(303));
    const places = (await page(origin)).matchAll(
      /"(\/documents\/twin[^/"]*\/download)"/g,
    );
    const texts = await Promise.all(
      [...places].map(async ([, path]) => {
        return (await httpRequest(origin, path)).text;
      }),
    );
    expect(texts.sort()).toEqual(contents.sort());
  });

  it('refuses a form without a file, and a file that is too large', async () => {
    const empty = await httpRequest(origin, '/documents', { method: 'POST' });
    expect(empty.status).toBe(400);
    const large = 'x'.repeat(1_000_001);
    const { status } = await upload(origin, 'large.txt', 'text/plain', large);
    expect(status).toBe(413);
    expect(await readdir(`${sample.data('plain')}/uploads`)).toEqual([]);
  });

  it.each([
    ['more files than it takes', Array(101).fill('many.txt'), 'Too many files'],
    [
      'a name that is too long',
      ['many.txt', 'x'.repeat(256)],
      '255 characters',
    ],
  ])('keeps nothing of a form with %s', async (_, files: string[], told) => {
    const body = new FormData();
    for (const name of files) body.append('files', new Blob(['x']), name);
    const url = `${origin}/documents`;
    const answer = await fetch(url, { method: 'POST', body });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain(told);
    expect(names(await page(origin))).not.toContain('many.txt');
    expect(await readdir(`${sample.data('plain')}/uploads`)).toEqual([]);
  });

  it.each<Record<string, string>>([
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'http://elsewhere.example' },
    { origin: 'null' },
  ])('refuses a form that another site has sent: %j', async (headers) => {
    for (const path of ['/documents', '/delete', '/activity/sender']) {
      const method = 'POST';
      const answer = await httpRequest(origin, path, { method, headers });
      expect(answer.status).toBe(400);
      expect(answer.text).toContain('from another site');
    }
    expect(names(await page(origin))).toContain('Letter.pdf');
  });

  it('keeps the secret of its links to itself, and the links work', async () => {
    const secret = `${sample.data('plain')}/signing-secret`;
    expect((await stat(secret)).mode & 0o777).toBe(0o600);
    expect(await readFile(secret, 'utf8')).toMatch(/^[\w-]{43}$/);
    const { text } = await httpRequest(origin, '/break-it');
    const link = plain(/"(\/shared\/[^"]+)"/.exec(text)?.[1] ?? '');
    expect((await httpRequest(origin, link)).text).not.toBe('');
    for (const tampered of [
      `${link}x`,
      link.replace(/\d(?=\/)/, (id) => String(Number(id) - 1)),
      link.replace(/expires=\d/, 'expires=9'),
    ]) {
      expect(tampered).not.toBe(link);
      expect((await httpRequest(origin, tampered)).status).toBe(403);
    }
  });

  it('makes no link for uses or a time that it does not offer', async () => {
    for (const form of ['uses=7&term=week', 'uses=1&term=year', 'uses=1', '']) {
      expect(await share(origin, PATH, form)).toBe('');
    }
  });

  it('gives a link that is for everybody to everybody, until it is taken back', async () => {
    const path = '/documents/sunset';
    const link = await share(origin, path, 'uses=any&term=day&label=Press');
    const guest = await httpRequest(origin, new URL(link).pathname, {});
    expect(guest.status).toBe(403); // without its signature
    const people = [used(origin, link), used(origin, link)];
    for (const { text } of await Promise.all(people)) {
      expect(text).toMatch(/^.PNG/);
    }
    const list = await httpRequest(origin, `${path}/share`);
    expect(list.text).toMatch(/Press\s[^]*used 2\s+times, last on/);
    const revoke = /action="([^"]*\/revoke)"/.exec(list.text)?.[1] ?? '';
    await send(origin, revoke, '');
    expect((await used(origin, link)).status).toBe(403);
  });

  it.each([
    ['sunset', /<img\s+src="data:image\/webp;base64,[^"]{100}/],
    ['welcome', /<pre>Hello! This is the first document – à bientôt/],
    ['prices', /<th scope="col">price<\/th>[^]*<td>12,50<\/td>/],
    ['sketch', /<img\s+src="data:image\/svg\+xml;base64,PHN2Zy8\+"/],
    ['tide', /<video\s+src="\/shown\//],
    ['prelude', /<audio\s+src="\/shown\//],
    ['letter', /<iframe\s+src="\/shown\//],
  ])(
    'shows guests what is in %s, unless their link is counted',
    async (slug, content) => {
      await upload(origin, 'prices.csv', 'text/csv', 'item;price\nx;12,50');
      await upload(origin, 'sketch.svg', 'image/svg+xml', '<svg/>');
      for (const [uses, isShown] of [
        ['uses=any', true],
        ['uses=5', false],
        ['uses=1', false],
      ] as const) {
        const form = `${uses}&term=day`;
        const link = await share(origin, `/documents/${slug}`, form);
        const { pathname, search } = new URL(link);
        const answer = await httpRequest(origin, pathname + search);
        const { status, headers, text } = answer;
        expect(status).toBe(200);
        expect(content.test(plain(text))).toBe(isShown);
        expect(isShown || !text.includes('/shown/')).toBe(true);
        const loads = text.includes('src="/shown/');
        const policy = String(headers['content-security-policy']);
        expect(policy).toMatch(/^default-src 'none';(?!.*script)/);
        expect(/media-src 'self'; frame-src 'self'/.test(policy)).toBe(loads);
        expect(/Nothing of .* shown before/.test(text)).toBe(!isShown);
        expect(text).toContain('The link works until');
        expect(text).not.toMatch(/<nav|href="\/(?!shown\/)/);
      }
    },
  );

  it('tells guests who has sent them a link, and what is said to them, but not its label', async () => {
    const form = new URLSearchParams({
      ...{ uses: '1', term: 'day', label: 'Press' },
      ...{ sender: 'Ada <i>', message: 'Page 2,\nplease & thanks' },
    });
    const link = await share(origin, '/documents/letter', form.toString());
    const { pathname, search } = new URL(link);
    const text = await page(origin, pathname + search);
    expect(text).toMatch(/name="description" content="PDF document · [^"]*B"/);
    expect(text).toContain('<bdi>Ada &#60;i&#62;</bdi>');
    expect(text).toContain('Page 2,\nplease &#38; thanks');
    expect(text).not.toContain('Press');
    const other = new URL(await share(origin, '/documents/letter'));
    expect(await page(origin, other.pathname + other.search)).not.toMatch(
      /Ada|please|From|blockquote>/,
    );
  });

  it('shares a selection as one ZIP file, and shows single documents of it where that is no use', async () => {
    for (const name of ['left.pdf', 'right.pdf']) {
      await upload(origin, name, 'application/pdf', name);
    }
    const path = '/share?slug=left&slug=right&slug=sunset';
    const shared = async (uses: string): Promise<string> => {
      const { text } = await send(origin, path, `uses=${uses}&term=day`);
      return linkIn(text);
    };
    const [once, open] = [await shared('1'), await shared('any')];
    const looked = async (link: string): Promise<string> => {
      const { pathname, search } = new URL(link);
      return plain(await page(origin, pathname + search));
    };
    const last = ['left.pdf', 'Sunset.png'];
    expect(names(await looked(once))).toEqual(['right.pdf', ...last]);
    expect(await looked(once)).not.toMatch(/\/shown\/|<img/);
    expect(await looked(open)).toMatch(/<img src="data:image\/webp;base64,\w/);
    const shown = /href="(\/shown\/[^"]+)"[^]*left/.exec(await looked(open));
    expect((await httpRequest(origin, shown![1])).text).toBe('right.pdf');

    const part = await used(origin, once, { range: 'bytes=0-3' });
    expect(part.status).toBe(206);
    expect(part.text).toBe('PK\u0003\u0004');
    expect(part.headers['content-disposition']).toContain('"documents.zip"');
    expect((await used(origin, once)).status).toBe(403);

    await send(origin, '/delete', 'slug=right');
    expect(names(await looked(open))).toEqual(last);
    expect((await used(origin, open)).text).toMatch(/^PK[^]*left\.pdf/);
    const list = await page(origin, '/documents/left/share');
    expect(list).toMatch(/with 2 more, used 1 time,/);
    const revoke = /action="([^"]*\/revoke)"/.exec(list)?.[1] ?? '';
    await send(origin, revoke, '');
    expect((await used(origin, open)).status).toBe(403);
    expect((await httpRequest(origin, shown![1])).status).toBe(403);
    expect((await httpRequest(origin, '/share')).status).toBe(400);
  });

  it('plays a film to guests by parts, which is no use, until the link is taken back', async () => {
    const path = '/documents/tide';
    const link = await share(origin, path, 'uses=any&term=day');
    const film = await shownBy(origin, link);
    const headers = { range: 'bytes=4-9' };
    const { status, ...part } = await httpRequest(origin, film, { headers });
    expect(status).toBe(206);
    expect(part.body).toHaveLength(6);
    expect(part.headers['content-type']).toBe('video/webm');
    expect(part.headers['content-disposition']).toMatch(/^inline;/);
    expect(part.headers['cache-control']).toMatch(/private|no-store/);
    const list = await page(origin, `${path}/share`);
    expect(list).toContain('used 0 times');

    const other = await share(origin, '/documents/letter', 'uses=any&term=day');
    const id = /[0-9a-f]{32}/;
    for (const tampered of [
      film.replace(/\d+(?=\?)/, (document) => String(Number(document) + 1)),
      film.replace(id, id.exec(other)?.[0] ?? ''),
      film.replace(/\?.*/, ''),
    ]) {
      expect(tampered).not.toBe(film);
      expect((await httpRequest(origin, tampered)).status).toBe(403);
    }
    const revoke = /action="([^"]*\/revoke)"/.exec(list)?.[1] ?? '';
    await send(origin, revoke, '');
    const accept = { accept: 'text/html' };
    const ended = await httpRequest(origin, film, { headers: accept });
    expect(ended.status).toBe(403);
    expect(ended.text).toContain('This link does not work');
    expect(ended.text).not.toContain('<nav');
  });

  it('gives guests a picture that cannot be shown all the same', async () => {
    await upload(origin, 'broken.png', 'image/png', 'no picture');
    const form = 'uses=any&term=day';
    const link = await share(origin, '/documents/broken', form);
    const { pathname, search } = new URL(link);
    const { status, text } = await httpRequest(origin, pathname + search);
    expect([status, text.includes('<img')]).toEqual([200, false]);
    expect((await used(origin, link)).text).toBe('no picture');
  });

  it('shows a link as a QR code, too', async () => {
    const form = 'uses=1&term=week';
    const { text } = await send(origin, '/documents/letter/share', form);
    const drawing = plain(
      /<svg\s+class="qr"[^]*?<\/svg>/.exec(text)?.[0] ?? '',
    );
    const svg = drawing.replace(
      '<svg',
      '<svg xmlns="http://www.w3.org/2000/svg"',
    );
    const { data, info } = await sharp(Buffer.from(svg))
      .resize(600)
      .flatten({ background: '#fff' })
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { width, height } = info;
    const read = jsQR.default(new Uint8ClampedArray(data), width, height);
    expect(read?.data).toBe(linkIn(text));
  });

  it('believes nobody who a client is, or where it has come from', async () => {
    const told = {
      ...{ 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.9' },
      'x-forwarded-host': 'elsewhere.example',
    };
    await upload(origin, 'believed.txt', 'text/plain', 'x');
    const path = '/documents/believed';
    const link = await share(origin, path, 'uses=1&term=day', told);
    expect(link).toMatch(`${origin}/links/`);
    await used(origin, link, told);
    const list = await page(origin, `${path}/share`);
    expect(list).toMatch(/used 1 of 1\s+time, last on/);
    expect(list).not.toContain('203.0.113.9');
  });

  it('renames a document, and its links stay', async () => {
    await upload(origin, 'draft.txt', 'text/plain', 'x');
    const link = await share(origin, '/documents/draft');
    const form = `name=${encodeURIComponent('Final ✓.txt')}`;
    const answer = await send(origin, '/documents/draft/edit', form);
    expect(answer.headers.location).toBe('/documents/draft');
    const path = '/documents/draft/download';
    const { headers } = await httpRequest(origin, path);
    expect(fileName(headers['content-disposition'])).toBe('Final ✓.txt');
    expect((await used(origin, link)).text).toBe('x');
  });

  it('finds documents by a tag, however it is written', async () => {
    const tagged = (slug: string, tags: string): Promise<HttpAnswer> => {
      const form = new URLSearchParams({ name: `${slug}.txt`, tags });
      return send(origin, `/documents/${slug}/edit`, form.toString());
    };
    for (const slug of ['first', 'second', 'third']) {
      await upload(origin, `${slug}.txt`, 'text/plain', slug);
    }
    await tagged('first', 'Year 2026,, ÉTÉ , year  2026');
    await tagged('second', 'year 2026 b, 50%|50_');
    const found = async (tag: string): Promise<string[]> =>
      names(await page(origin, `/?${new URLSearchParams({ tag }).toString()}`));
    expect(await found('year 2026')).toEqual(['first.txt']);
    expect(await found('été')).toEqual(['first.txt']);
    expect(await found('50% 50_')).toEqual(['second.txt']);
    for (const none of ['year', '%', '|']) {
      expect(await found(none)).toEqual([]);
    }
    const { text } = await httpRequest(origin, '/?search=third');
    const known = [...text.matchAll(/<option\s+value="([^"]*)"/g)].map(
      ([, value]) => value,
    );
    expect(known.slice(0, 5)).toEqual([
      ...['', '50% 50_', 'été', 'year 2026', 'year 2026 b'],
    ]);
    const many = Array.from({ length: 11 }, (_, index) => index).join();
    for (const refused of [many, 'x'.repeat(41)]) {
      expect((await tagged('third', refused)).status).toBe(400);
    }
  });

  it('looks for a name, and puts documents in order', async () => {
    const found = async (query: string): Promise<string[]> =>
      names((await httpRequest(origin, `/?${query}`)).text);
    expect(await found('search=LETTER')).toEqual(['Letter.pdf']);
    expect(await found('search=%25')).toEqual([]); // no wildcard
    const largest = await found('sort=largest');
    expect(largest[0]).toBe('Prélude.wav');
    expect((await found('sort=oldest'))[0]).toBe('Welcome.txt');
    expect(await found('page=99')).toEqual([]);
  });

  it('gives several documents as one ZIP file, of which it sends any part', async () => {
    const path = '/documents.zip?slug=letter&slug=welcome';
    const { body, headers } = await httpRequest(origin, path);
    expect(headers['content-length']).toBe(String(body.length));
    for (const name of ['Letter.pdf', 'Welcome.txt']) {
      expect(body.includes(name)).toBe(true);
    }
    const range = { range: 'bytes=100-199', 'if-range': headers.etag ?? '' };
    const part = await httpRequest(origin, path, { headers: range });
    expect(part.status).toBe(206);
    expect(part.body.equals(body.subarray(100, 200))).toBe(true);
    expect((await httpRequest(origin, '/documents.zip')).status).toBe(400);
  });

  it('finds the type of a file whose browser does not know it', async () => {
    await upload(origin, 'notes.md', '', '# Notes');
    const { headers, text } = await httpRequest(origin, '/documents/notes');
    expect(headers['content-type']).toMatch(/^text\/html/);
    expect(text).toContain('<dd>text/markdown</dd>');
    expect(text).toContain('# Notes');
  });

  it('says who has sent what, and why', async () => {
    await httpRequest(origin, '/documents/tide/download');
    await httpRequest(origin, '/documents/nope/download');
    const { text } = await httpRequest(origin, '/activity');
    const [refused, sent] = text.split('<li id="activity-').slice(1);
    expect(sent).toContain('Tide.webm');
    expect(sent).toMatch(/>sent</);
    expect(sent).toMatch(
      /the application · no server in front sends files · 11\.1 kB · \d/,
    );
    expect(refused).toContain('refused (404)');
    const page = await httpRequest(origin, '/documents/tide');
    expect(page.text).toContain('11.1 kB · ');
  });

  it('leaves out of its list what its health check and its pages ask for', async () => {
    const before = (await httpRequest(origin, '/activity')).text;
    await httpRequest(origin, '/health');
    const headers = { 'sec-fetch-dest': 'image' };
    await httpRequest(origin, '/documents/sunset/inline', { headers });
    expect((await httpRequest(origin, '/activity')).text).toBe(before);
  });

  it('turns red where its canary is taken away, and green where it is back', async () => {
    const status = async (): Promise<number> =>
      (await httpRequest(origin, '/health')).status;
    await send(origin, '/break-it/canary', 'action=away');
    expect(await status()).toBe(503);
    await send(origin, '/break-it/canary', 'action=back');
    expect(await status()).toBe(200);
  });

  it('makes a thumbnail of a picture once, and deletes it with the picture', async () => {
    const photo = await sharp({
      create: { width: 900, height: 600, channels: 3, background: '#c63' },
    })
      .withExif({ IFD0: { Copyright: 'Somebody' } })
      .jpeg()
      .toBuffer();
    const kept = `${sample.data('plain')}/media/thumbnails`;
    const others = await readdir(kept).catch((): string[] => []);
    await upload(origin, 'Photo.jpg', 'image/jpeg', new Uint8Array(photo));
    const src = /<img\s+src="(\/documents\/photo\/thumbnail[^"]*)"/;
    const path = plain(src.exec(await page(origin))?.[1] ?? '');
    const { status, headers, body } = await httpRequest(origin, path);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('image/webp');
    const { width, height, exif } = await sharp(body).metadata();
    expect([width, height, exif]).toEqual([160, 160, undefined]);
    const again = { 'if-none-match': headers.etag ?? '' };
    expect((await httpRequest(origin, path, { headers: again })).status).toBe(
      304,
    );
    expect(await readdir(kept)).toHaveLength(others.length + 1);
    await send(origin, '/delete', 'slug=photo');
    expect(await readdir(kept)).toEqual(others);
    expect((await httpRequest(origin, path)).status).toBe(404);
  });

  it.each([
    ['a picture that is none', 'fake.png', 'image/png', 422],
    ['a drawing', 'drawing.svg', 'image/svg+xml', 404],
    ['a text', 'text.txt', 'text/plain', 404],
  ])('makes no thumbnail of %s', async (_, name, type, status) => {
    await upload(origin, name, type, '<svg/>');
    const path = `/documents/${name.split('.')[0]}/thumbnail`;
    expect((await httpRequest(origin, path)).status).toBe(status);
  });

  it('deletes a document with its file', async () => {
    await upload(origin, 'gone.txt', 'text/plain', 'x');
    const files = `${sample.data('plain')}/media/documents`;
    expect(await readdir(files)).toContain('gone.txt');
    const answer = await send(origin, '/delete', 'slug=gone');
    expect(answer.status).toBe(303);
    expect(names(await page(origin))).not.toContain('gone.txt');
    expect(await readdir(files)).not.toContain('gone.txt');
  });

  it('says by a page that something is broken, and in its log what', async () => {
    await rm(`${sample.data('plain')}/uploads`, { recursive: true });
    const before = program.errors();
    const body = new FormData();
    body.append('files', new Blob(['x']), 'x.txt');
    const headers = { accept: 'text/html' };
    const url = `${origin}/documents`;
    const answer = await fetch(url, { method: 'POST', headers, body });
    expect(answer.status).toBe(500);
    const text = await answer.text();
    expect(text).toContain('<h1>Something is broken</h1>');
    expect(text).not.toContain('ENOENT');
    const isLogged = (): Promise<boolean> =>
      Promise.resolve(program.errors().slice(before.length).includes('ENOENT'));
    expect(await eventually(true, isLogged)).toBe(true);
  });

  it('still has everything after a restart', async () => {
    const before = names(await page(origin));
    const link = await share(origin, PATH);
    const { output } = await program.stop();
    expect(output).toBe(`Document library: ${origin}\n`); // and no warning
    await start({ TRUST_PROXY: 'loopback' });
    expect(names(await page(origin))).toEqual(before);
    expect((await used(origin, link)).text).toBe(CONTENT);
  }, 30_000);

  it('believes the servers in front that TRUST_PROXY names', async () => {
    const told = {
      ...{ 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.9' },
    };
    const form = 'uses=1&term=day';
    const path = '/documents/welcome';
    const link = await share(origin, path, form, told);
    expect(link).toMatch(origin.replace('http', 'https'));
    await used(origin, link, told);
    const list = await page(origin, `${path}/share`);
    expect(list).toContain('from 203.0.113.9');
  });

  it('lists hundreds of documents on pages, and deletes many in one go', async () => {
    const counted = async (): Promise<number> => {
      const statistics = await page(origin, '/statistics.csv');
      return Number(/^\d+/m.exec(statistics)?.[0]);
    };
    const others = await counted();
    for (let form = 0; form < 2; form++) {
      const files = Array.from(
        { length: 100 },
        (_, index) => `File ${form}${String(index).padStart(2, '0')}.txt`,
      );
      const body = new FormData();
      for (const name of files) body.append('files', new Blob([name]), name);
      const url = `${origin}/documents`;
      const answer = await fetch(url, { method: 'POST', body });
      expect(answer.status).toBe(200);
    }
    const first = await page(origin);
    const pages = Math.ceil((others + 200) / 50);
    expect(first).toContain(`${others + 200} documents`);
    expect(first).toContain(`Page 1 of ${pages}`);
    expect(names(first)).toHaveLength(50);
    expect(names(first)[0]).toBe('File 199.txt');
    const listed: string[] = [];
    for (let number = 1; number <= pages; number++) {
      const text = await page(origin, `/?sort=name&page=${number}`);
      listed.push(...names(text));
    }
    expect(listed).toHaveLength(others + 200);
    expect(listed).toEqual(listed.toSorted(new Intl.Collator('en').compare));
    expect(listed).toEqual(expect.arrayContaining(FIRST));
    expect(names(await page(origin, '/?search=file+123'))).toEqual([
      'File 123.txt',
    ]);

    const chosen = Array.from(
      { length: 150 },
      (_, index) => `file-${String(index + 50).padStart(3, '0')}`,
    );
    const form = chosen.map((slug) => `slug=${slug}`).join('&');
    const { headers } = await send(origin, '/delete', form);
    expect(headers.location).toBe('/?deleted=150');
    expect(await page(origin)).toContain(`${others + 50} documents`);
    const files = await readdir(`${sample.data('plain')}/media/documents`);
    expect(files).toHaveLength(others + 50);
  }, 60_000);

  it('waits for no upload when it is stopped, and takes it for no error', async () => {
    const part =
      '--X\r\ncontent-disposition: form-data; name="files"; filename="x"\r\n\r\nbegun';
    const client = connect(Number(new URL(origin).port), '127.0.0.1');
    client.write(
      `POST /documents HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\ncontent-type: multipart/form-data; boundary=X\r\n\r\n${part}`,
    );
    const cut = once(client, 'close');
    const uploads = async (): Promise<number> =>
      (await readdir(`${sample.data('plain')}/uploads`)).length;
    expect(await eventually(1, uploads)).toBe(1);
    const { errors } = await program.stop();
    await cut;
    expect(errors).toBe('');
  }, 30_000);
});

describeWith(['initdb'], 'with DATABASE_URL and PUBLIC_URL', () => {
  it('keeps the documents in PostgreSQL, and makes links that begin as that does', async () => {
    const cluster = await startPostgres();
    const { host, username, database } = cluster.connection;
    const env = {
      ...SHELL,
      DATABASE_URL: `postgres://${username}@/${database}?host=${host}`,
      DATA_DIR: sample.data('postgres'),
      PUBLIC_URL: 'https://files.example/',
    };
    try {
      const first = await sample.start(['main'], env);
      await upload(first.addresses[0], NAME, 'text/plain', CONTENT);
      const link = await share(first.addresses[0], PATH);
      expect(link).toMatch(/^https:\/\/files\.example\/links\/\w/);
      expect(await page(first.addresses[0], '/break-it')).toContain(
        'https://files.example/break-it/numbers.txt',
      );
      await first.stop();
      const second = await sample.start(['main'], env);
      const [origin] = second.addresses;
      expect(names(await page(origin))).toEqual([NAME, ...FIRST]);
      expect((await used(origin, link)).text).toBe(CONTENT);
      expect((await used(origin, link)).status).toBe(403);
      expect((await httpRequest(origin, '/documents/%00')).status).toBe(404);
      expect(await readdir(env.DATA_DIR)).not.toContain('library.sqlite');
      await second.stop();
    } finally {
      await cluster.stop();
    }
  }, 60_000);
});

describeWith(['swift-proxy-server', 'nginx'], 'with S3_BUCKET', () => {
  let store: S3Server;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    store = await startSwift();
    env = {
      ...{ ...SHELL, S3_ENDPOINT: store.endpoint, S3_BUCKET: store.bucket },
      AWS_ACCESS_KEY_ID: store.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: store.credentials.secretAccessKey,
    };
  }, 90_000);
  afterAll(() => store?.stop());

  it('keeps the documents in the bucket, and has nginx send them from there', async () => {
    const DATA_DIR = sample.data('bucket');
    const PROXY_PORT = String(await freePort());
    const program = await sample.start(
      ['proxy', 'nginx'],
      { ...env, DATA_DIR, PROXY_PORT },
      2,
    );
    const [application, origin] = program.addresses;
    await upload(origin, NAME, 'text/plain', CONTENT);
    const direct = await httpRequest(application, `${PATH}/download`);
    expect(direct.headers['x-accel-redirect']).toBeDefined();
    expect(direct.body).toHaveLength(0);
    for (const path of [`${PATH}/download`, '/latest']) {
      expect((await httpRequest(origin, path)).text).toBe(CONTENT);
    }
    const zip = '/documents.zip?slug=letter&slug=e-x';
    expect((await httpRequest(origin, zip)).status).toBe(200);
    const thumbnail = '/documents/sunset/thumbnail';
    const { headers } = await httpRequest(origin, thumbnail);
    expect(headers['content-type']).toBe('image/webp');
    expect(await readdir(`${DATA_DIR}/media`)).toEqual([]);
    await expectHealthy(origin);
    await program.stop();
  }, 60_000);
});

interface Offload {
  readonly program: ProgramName;
  readonly header: 'x-accel-redirect' | 'x-sendfile';
  /** What the server is told of a document, the guide, the terms and a thumbnail. */
  readonly told: readonly [RegExp, RegExp, RegExp, RegExp];
}

const LOCATIONS: Offload['told'] = [
  /^\/_media\/documents\/Welcome\.txt$/,
  /^\/_public\/guides\/welcome\.txt$/,
  /^\/_assets\/terms\.txt$/,
  /^\/_media\/thumbnails\/\d+-\d+\.webp$/,
];
const PATHS: Offload['told'] = [
  /^\/.*\/media\/documents\/Welcome\.txt$/,
  /^\/.*\/public\/guides\/welcome\.txt$/,
  /^\/.*\/sample\/assets\/terms\.txt$/,
  /^\/.*\/media\/thumbnails\/\d+-\d+\.webp$/,
];

const SERVERS: Record<string, Offload> = {
  nginx: { program: 'nginx', header: 'x-accel-redirect', told: LOCATIONS },
  apache: { program: 'apache2', header: 'x-sendfile', told: PATHS },
  lighttpd: { program: 'lighttpd', header: 'x-sendfile', told: PATHS },
  caddy: { program: 'caddy', header: 'x-accel-redirect', told: LOCATIONS },
};

it('does not start with a backend that it does not know', async () => {
  const env = { ...SHELL, DOWNLOAD_BACKEND: 'ngnix' };
  const DATA_DIR = sample.data('unknown');
  const ended = await sample.runToEnd(['main'], { ...env, DATA_DIR });
  expect(ended.code).toBe(1);
  expect(ended.errors).toContain(
    'DOWNLOAD_BACKEND is "ngnix". It may be one of: stream, nginx, apache, lighttpd, caddy.',
  );
}, 30_000);

describe('npm run proxy', () => {
  it('asks for a server that it knows', async () => {
    const ended = await sample.runToEnd(['proxy', 'ngnix'], SHELL);
    expect(ended.code).toBe(1);
    expect(ended.errors).toContain('one of: nginx, apache, lighttpd, caddy.');
  }, 30_000);
});

for (const [server, { program, header, told }] of Object.entries(SERVERS)) {
  describeWith([program], `npm run proxy -- ${server}`, () => {
    let running: RunningProgram;
    let application: string;
    let origin: string;
    let temporary: string;

    beforeAll(async () => {
      temporary = sample.data(`temporary-${server}`);
      await mkdir(temporary, { recursive: true });
      const env = {
        ...{ ...SHELL, DATA_DIR: sample.data(server), TMPDIR: temporary },
        PROXY_PORT: String(await freePort()),
      };
      running = await sample.start(['proxy', server], env, 2);
      [application, origin] = running.addresses;
    }, 30_000);

    it('is healthy', () => expectHealthy(origin));

    it.each([
      ['/documents/welcome/download', told[0], /^text\/plain/],
      ['/documents/welcome/inline', told[0], /^text\/plain/],
      ['/public/guides/welcome.txt', told[1], /^text\/plain/],
      ['/terms.txt', told[2], /^text\/plain/],
      ['/documents/sunset/thumbnail', told[3], /^image\/webp$/],
    ])('leaves the bytes of %s to the server', async (path, place, type) => {
      const direct = await httpRequest(application, path);
      expect(direct.headers[header]).toMatch(place);
      expect(direct.body).toHaveLength(0);
      const { status, headers, text } = await httpRequest(origin, path);
      expect(status).toBe(200);
      expect(headers).not.toHaveProperty(header);
      expect(headers['content-type']).toMatch(type);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(text).not.toBe('');
    });

    it('sends a part', async () => {
      const path = '/documents/welcome/download';
      const headers = { range: 'bytes=0-5' };
      const answer = await httpRequest(origin, path, { headers });
      expect(answer.status).toBe(206);
      expect(answer.headers['content-range']).toBe('bytes 0-5/51');
      expect(answer.text).toBe('Hello!');
    });

    it('says that the server has sent it, unless a reader wants the application', async () => {
      const path = '/documents/sunset/download';
      const cookie = 'sender=application';
      await httpRequest(origin, path);
      await httpRequest(origin, path, { headers: { cookie } });
      const list = async (): Promise<string[]> =>
        (await page(origin, '/activity')).split('<li id="activity-').slice(1);
      const isSent = async (): Promise<boolean> =>
        (await list()).slice(0, 2).every((item) => item.includes('>sent<'));
      // The server logs it when it has sent it.
      expect(await eventually(true, isSent)).toBe(true);
      const [byItself, handedOver] = await list();
      expect(handedOver).toContain(`${server} by rules[0]`);
      expect(byItself).toContain('the application ·');
    });

    it('takes a file through it, and gives it back', async () => {
      const content = CONTENT.repeat(100_000);
      const answer = await upload(origin, NAME, 'text/plain', content);
      expect(answer.status).toBe(303);
      const download = await httpRequest(origin, `${PATH}/download`);
      expect(download.text === content).toBe(true);
      expect(fileName(download.headers['content-disposition'])).toBe(NAME);
    });

    it('gives a file by a link once', async () => {
      const link = await share(origin, '/documents/welcome');
      expect(link).toMatch(`${new URL(origin).port}/links/`);
      expect((await used(origin, link)).text).toMatch(/^Hello!/);
      expect((await used(origin, link)).status).toBe(403);
    });

    it('sends guests what the page of their link shows', async () => {
      const form = 'uses=any&term=day';
      const film = await shownBy(
        origin,
        await share(origin, '/documents/tide', form),
      );
      const direct = await httpRequest(application, film);
      expect(direct.headers[header]).toMatch(/\/documents\/Tide\.webm$/);
      const headers = { range: 'bytes=4-9' };
      const part = await httpRequest(origin, film, { headers });
      expect(part.status).toBe(206);
      expect(part.body).toHaveLength(6);
      expect(part.headers['content-type']).toBe('video/webm');
    });

    it('knows who has used a link', async () => {
      const path = '/documents/letter';
      const told = { 'x-forwarded-for': '203.0.113.9' };
      await used(origin, await share(origin, path), told);
      const list = await page(origin, `${path}/share`);
      expect(list).toMatch(/from (?:203\.0\.113\.9|127\.0\.0\.1)[,<\s]/);
    });

    it('opens its back door where it has one, and closes it again', async () => {
      const isNginx = server === 'nginx';
      const door = '/_public/guides/welcome.txt';
      const status = async (path: string): Promise<number> =>
        (await httpRequest(origin, path)).status;
      const set = async (action: string): Promise<number> =>
        (await send(origin, '/break-it/internal', `action=${action}`)).status;
      expect((await page(origin, '/break-it')).includes(door)).toBe(isNginx);
      expect(await set('away')).toBe(isNginx ? 303 : 404);
      if (!isNginx) return;
      const { text } = await httpRequest(origin, '/health');
      expect(JSON.parse(text)).toMatchObject({
        status: 'error',
        details: {
          downloads: { server: { status: 'up' }, outside: { status: 'down' } },
        },
      });
      expect(await status(door)).toBe(200);
      expect(await status('/_media/documents/Welcome.txt')).toBe(404);
      // They may arrive in any order.
      await Promise.all([set('away'), set('back'), set('away'), set('back')]);
      await set('back');
      // nginx reads its configuration anew while it answers.
      expect(await eventually(404, () => status(door))).toBe(404);
      await expectHealthy(origin);
    });

    it.each([
      ['/documents.csv', /Letter\.pdf/],
      ['/partner/prices.csv', /^item,price/],
    ])('brings %s from the application', async (path, body) => {
      const direct = await httpRequest(application, path);
      expect(direct.headers).not.toHaveProperty(header);
      expect((await httpRequest(origin, path)).text).toMatch(body);
    });

    it.each([
      '/documents/nope/download',
      ...['/_assets/handbook.txt', '/_media/', '/_media'],
    ])('has nothing at %s', async (path) => {
      expect((await httpRequest(origin, path)).status).toBe(404);
    });

    it('stops both, and leaves nothing behind', async () => {
      await running.stop();
      await expect(httpRequest(origin, '/')).rejects.toThrow('ECONNREFUSED');
      await expect(httpRequest(application, '/')).rejects.toThrow(
        'ECONNREFUSED',
      );
      expect(await readdir(temporary)).toEqual([]);
    }, 30_000);
  });
}

/** The link that is made for a document; '' for none. */
async function share(
  origin: string,
  document: string,
  form = 'uses=1&term=week',
  headers: Record<string, string> = {},
): Promise<string> {
  const { text } = await send(origin, `${document}/share`, form, headers);
  return linkIn(text);
}

function linkIn(page: string): string {
  return plain(/value="(http[^"]*)"/.exec(page)?.[1] ?? '');
}

function send(
  origin: string,
  path: string,
  body: string,
  further: Record<string, string> = {},
): Promise<HttpAnswer> {
  const type = 'application/x-www-form-urlencoded';
  const headers = { ...further, 'content-type': type };
  return httpRequest(origin, path, { method: 'POST', headers, body });
}

/** Where the page of a link has what it shows. */
async function shownBy(origin: string, link: string): Promise<string> {
  const { pathname, search } = new URL(link);
  const text = await page(origin, pathname + search);
  return plain(/src="(\/shown\/[^"]+)"/.exec(text)?.[1] ?? '');
}

/** What the button on the page of a one-time link brings. */
async function used(
  origin: string,
  link: string,
  headers: Record<string, string> = {},
): Promise<HttpAnswer> {
  const { pathname, search } = new URL(link);
  const path = pathname + search;
  const pressed = await httpRequest(origin, path, { method: 'POST', headers });
  if (pressed.status !== 303) return pressed;
  const file = new URL(pressed.headers.location ?? '', new URL(path, origin));
  return httpRequest(origin, file.pathname + file.search, { headers });
}

/** A form as a browser sends it. */
function upload(
  origin: string,
  name: string,
  type: string,
  content: string | Uint8Array<ArrayBuffer>,
): Promise<Response> {
  const body = new FormData();
  body.append('files', new Blob([content], { type }), name);
  const url = `${origin}/documents`;
  return fetch(url, { method: 'POST', body, redirect: 'manual' });
}

async function page(origin: string, path = '/'): Promise<string> {
  return (await httpRequest(origin, path)).text;
}

/** The names in the table, as a reader sees them. */
function names(html: string): string[] {
  return [...html.matchAll(/<bdi>(.*?)<\/bdi>/g)].map(([, name]) =>
    plain(name),
  );
}

function plain(markup: string): string {
  return markup.replace(/&#(\d+);/g, (_, code) =>
    String.fromCharCode(Number(code)),
  );
}

/** The name that clients which know RFC 8187 use. */
function fileName(disposition = ''): string | undefined {
  const encoded = /filename\*=UTF-8''([^;]+)/.exec(disposition)?.[1];
  return encoded && decodeURIComponent(encoded);
}

function shortDisposition(disposition = ''): string {
  return `${disposition.split(';')[0]}; "${fileName(disposition)}"`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function expectHealthy(origin: string): Promise<void> {
  const { status, text } = await httpRequest(origin, '/health');
  expect(JSON.parse(text)).toMatchObject({
    details: {
      downloads: {
        storage: { status: 'up' },
        application: { status: 'up' },
        server: { status: 'up' },
        outside: { status: 'up' },
      },
    },
  });
  expect(status).toBe(200);
}
