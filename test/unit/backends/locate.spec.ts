import { symlink, writeFile } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { encodedLocation, locate } from '../../../lib/backends/locate.js';
import { type LocationRule } from '../../../lib/backends/rules.js';
import { ContentFile } from '../../../lib/files/content-file.js';
import { type DownloadFile } from '../../../lib/files/download-file.js';
import { LocalFile } from '../../../lib/files/local-file.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../../support/files/temporary-directory.js';
import { anyName } from '../http/any-name.js';

function fileAt(place: { path?: string; url?: string }): DownloadFile {
  return Object.assign(new ContentFile('', { name: 'a' }), place);
}

async function found(
  file: DownloadFile,
  ...rules: LocationRule[]
): Promise<{ destination: string; segments: readonly string[] } | undefined> {
  const result = await locate(file, rules);
  return (
    result && {
      destination: result.rule.destination,
      segments: result.segments,
    }
  );
}

describe('locate by directory', () => {
  let directory: TemporaryDirectory;
  let base: string;
  let rule: LocationRule;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    base = directory.path;
    rule = { sourceDir: `${base}/media/`, destination: '/_media/' };
    await directory.write('media/a folder/b.txt', '');
    await directory.write('media-private/c.txt', '');
    await directory.write('MEDIA/c.txt', '');
    await symlink('../media-private/c.txt', `${base}/media/out`);
    await symlink('a folder/b.txt', `${base}/media/link`);
    await symlink('media', `${base}/linked`);
    const latin1 = Buffer.from(`${base}/media/\u00E9`, 'latin1');
    await writeFile(latin1, '');
    await symlink(latin1, `${base}/media/to-latin1`);
    await directory.write('media/\uFFFD', '');
  });

  afterAll(() => directory.remove());

  it.each([
    ['media/a folder/b.txt', ['a folder', 'b.txt']],
    ['media/link', ['a folder', 'b.txt']],
    ['linked/a folder/b.txt', ['a folder', 'b.txt']],
    ['media/./a folder/../a folder/b.txt', ['a folder', 'b.txt']],
    ['media/\uFFFD', ['\uFFFD']],
  ])('finds %s at %j', async (path, segments) => {
    expect(await found(fileAt({ path: `${base}/${path}` }), rule)).toEqual({
      destination: '/_media/',
      segments,
    });
  });

  it.each([
    ['a neighbour that begins alike', 'media-private/c.txt'],
    ['a neighbour in capitals', 'MEDIA/c.txt'],
    ['a link that leads out', 'media/out'],
    ['what is not there', 'media/missing'],
    ['the directory itself', 'media'],
    ['what a path leads out to', 'media/../media-private/c.txt'],
    ['a name that is not UTF-8', 'media/to-latin1'],
  ])('does not find %s', async (_, path) => {
    const file = fileAt({ path: `${base}/${path}` });

    expect(await found(file, rule)).toBeUndefined();
  });

  it('finds files by a directory that is a link', async () => {
    const linked = { sourceDir: `${base}/linked/`, destination: '/_linked/' };

    expect(
      await found(fileAt({ path: `${base}/media/link` }), linked),
    ).toMatchObject({ destination: '/_linked/' });
  });

  it('finds nothing by a directory that is not there', async () => {
    const missing = { sourceDir: `${base}/missing/`, destination: '/_a/' };

    expect(
      await found(fileAt({ path: `${base}/media/link` }), missing),
    ).toBeUndefined();
  });

  it('finds nothing for a file that lies on no disk', async () => {
    expect(await found(fileAt({ url: `${base}/media/link` }), rule)).toBe(
      undefined,
    );
  });

  it('finds nothing for a file that held itself open and has lost its place', async () => {
    const path = `${base}/media/a folder/b.txt`;
    const file = new LocalFile(path);

    expect(await found(file, rule)).toBeUndefined();
  });

  it('takes the first rule that fits', async () => {
    const byUrl = {
      sourceUrl: '/m/',
      destination: '/_m/',
      destinationDir: '/m/',
    };
    const file = fileAt({ path: `${base}/media/link`, url: '/m/x' });

    expect(await found(file, byUrl, rule)).toMatchObject({
      destination: '/_m/',
    });
    expect(await found(file, rule, byUrl)).toMatchObject({
      destination: '/_media/',
    });
  });
});

describe('locate by URL', () => {
  const rule = {
    sourceUrl: '/media/',
    destination: '/_media/',
    destinationDir: '/mnt/media/',
  };

  it.each([
    ['/media/a.txt', ['a.txt']],
    ['/media/a/b%20c.txt', ['a', 'b c.txt']],
    ['/media/a%3Fb%23c%25', ['a?b#c%']],
    ['/media/%E6%97%A5', ['\u65E5']],
    ['/media/..a', ['..a']],
    ['/media/...', ['...']],
  ])('finds %s at %j', async (url, segments) => {
    expect(await found(fileAt({ url }), rule)).toEqual({
      destination: '/_media/',
      segments,
    });
  });

  it.each([
    '/media-private/a.txt',
    '/media',
    '/media/',
    '/MEDIA/a.txt',
    'media/a.txt',
    '//media/a.txt',
    'https://a.example/media/a.txt',
    '/media//a.txt',
    '/media/a.txt/',
    '/media/../a.txt',
    '/media/%2e%2e/a.txt',
    '/media/a/%2E./b.txt',
    '/media/./a.txt',
    '/media/a%2Fb.txt',
    '/media/a%00b.txt',
    '/media/%zz',
    '/media/%E9',
    '/media/a.txt?version=1',
    '/media/a.txt#top',
  ])('does not find %s', async (url) => {
    expect(await found(fileAt({ url }), rule)).toBeUndefined();
  });

  it('does not find a file without a URL', async () => {
    expect(await found(fileAt({ path: '/media/a.txt' }), rule)).toBeUndefined();
  });
});

describe('encodedLocation', () => {
  it.each([
    [['a.txt'], '/_x/a.txt'],
    [['a b', '100%', '%41'], '/_x/a%20b/100%25/%2541'],
    [['?', '#', '&', '+', ';', '='], '/_x/%3F/%23/%26/%2B/%3B/%3D'],
    [[`'"`, '\\', '!()*'], '/_x/%27%22/%5C/%21%28%29%2A'],
    [['\r\n', '\t', '\x01\x7f'], '/_x/%0D%0A/%09/%01%7F'],
    [['\u00E9', 'e\u0301'], '/_x/%C3%A9/e%CC%81'],
    [['-._~', 'AZaz09'], '/_x/-._~/AZaz09'],
    [['\u{1F600}'], '/_x/%F0%9F%98%80'],
  ])('encodes %j once', (segments, location) => {
    expect(encodedLocation('/_x/', segments)).toBe(location);
  });

  it('reads back, whatever the name', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        fc.pre(!/\p{Cs}/u.test(name));
        const location = encodedLocation('/_x/', [name]);

        expect(location).toMatch(/^\/_x\/(?:[\w.~-]|%[0-9A-F]{2})*$/);
        expect(decodeURIComponent(location.slice('/_x/'.length))).toBe(name);
      }),
    );
  });
});
