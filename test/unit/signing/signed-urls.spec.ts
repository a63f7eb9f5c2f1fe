import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type DownloadStorage,
  FileSystemStorage,
  InvalidOptionsError,
  MemoryStorage,
  signedUrls,
  StorageFile,
  UrlSigner,
} from 'nestjs-downloadview';
import { storageContract } from 'nestjs-downloadview/testing';

import { DescribedFile } from '../../../lib/files/download-file.js';
import { bindSignedUrls } from '../../../lib/signing/signed-urls.js';
import { bytesOf } from '../../support/clients/bytes-of.js';
import { signerAt } from '../../support/links/links.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../../support/files/temporary-directory.js';

const signer = signerAt(Date.parse('2026-03-01T10:00:00Z'));

/** Knows nothing but URLs and addresses. */
class AddressedStorage extends MemoryStorage {
  override url(key: string): string {
    return `/memory/${encodeURIComponent(key)}?version=${this.constructor.name}`;
  }

  override temporaryUrl(key: string): Promise<string> {
    return Promise.resolve(`https://store.example/${key}`);
  }
}

describe('signedUrls()', () => {
  let directory: TemporaryDirectory;
  let inner: FileSystemStorage;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    inner = new FileSystemStorage({
      root: directory.path,
      baseUrl: 'https://files.example/media/',
    });
  });

  afterAll(() => directory.remove());

  function bound(storage: DownloadStorage): DownloadStorage {
    const signed = signedUrls(storage);
    bindSignedUrls({ signed }, signer);
    return signed;
  }

  it('signs a URL for as long as it is told', () => {
    const signed = bound(inner);
    const expires = (url = ''): number =>
      Number(new URL(url).searchParams.get('expires'));
    const now = Date.parse('2026-03-01T10:00:00Z') / 1000;
    expect(expires(signed.url?.('a.txt', { expiresIn: 60 }))).toBe(now + 60);
    expect(expires(signed.url?.('a.txt', {}))).toBe(now + 3600);
    expect(() => signed.url?.('a.txt', { expiresIn: -1 })).toThrow(
      InvalidOptionsError,
    );
  });

  it('signs the URLs of the storage', () => {
    const url = bound(inner).url?.('a/é & b.txt') ?? '';
    expect(url).toMatch(
      /^https:\/\/files\.example\/media\/a\/%C3%A9%20%26%20b\.txt\?expires=\d+&signature=[\w-]{43}$/,
    );
    expect(() => signer.verify(url)).not.toThrow();
    const path = url.slice('https://files.example'.length);
    expect(() => signer.verify(path)).not.toThrow();
    const versioned = bound(new AddressedStorage()).url?.('a') ?? '';
    expect(versioned).toContain('/memory/a?version=AddressedStorage&expires=');
    expect(() => signer.verify(versioned)).not.toThrow();
  });

  it('passes all else on, and has only what the storage has', async () => {
    const disk = bound(inner);
    const key = await disk.save('a.txt', 'one');
    expect(await disk.save('a.txt', 'two')).not.toBe(key);
    expect(await disk.stat(key)).toEqual(await inner.stat(key));
    expect(String(await bytesOf(await disk.open(key, { start: 1 })))).toBe(
      'ne',
    );
    expect(disk.path?.(key)).toBe(inner.path(key));
    const held = await disk.hold?.(key);
    expect(held?.stat).toEqual(await inner.stat(key));
    held?.close();
    await disk.delete(key);
    expect([await disk.exists(key), await inner.exists(key)]).toEqual([
      ...[false, false],
    ]);
    const memory = bound(new AddressedStorage());
    const has = (name: string) =>
      [disk, memory].map((one) => Reflect.get(one, name) !== undefined);
    expect(has('temporaryUrl')).toEqual([false, true]);
    expect([has('path'), has('hold')]).toEqual([
      [true, false],
      [true, false],
    ]);
    expect(await memory.temporaryUrl?.('a', { expiresIn: 60 })).toBe(
      'https://store.example/a',
    );
  });

  for (const { name, check } of storageContract(async () => {
    const root = `${directory.path}/${Math.random()}`;
    return bound(new FileSystemStorage({ root, baseUrl: '/media/' }));
  })) {
    it(name, check);
  }

  it('gives a file the signed URL for clients, the plain one for rules', () => {
    const file = new StorageFile(bound(inner), 'a.txt');
    expect(file.url).toContain('signature=');
    expect(JSON.stringify(file)).toContain('signature=');
    expect(file.sourceUrl).toBe('https://files.example/media/a.txt');
    const described = new DescribedFile(file, { name: 'b.txt' });
    expect(described.url).toContain('signature=');
    expect(described.sourceUrl).toBe(file.sourceUrl);
    expect(new StorageFile(inner, 'a.txt').sourceUrl).toBeUndefined();
  });

  it('has no URL before it is bound', () => {
    const url = () => signedUrls(inner).url?.('a.txt');
    expect(url).toThrow(InvalidOptionsError);
    expect(url).toThrow(/"signedUrls\(\)\.url".*DownloadModule\.forRoot/);
  });

  it('is not bound where there are no secrets', () => {
    const bind = () =>
      bindSignedUrls(
        { plain: inner, media: signedUrls(inner) },
        new UrlSigner(undefined),
      );
    expect(bind).toThrow(/"signing".*storages\.media/);
    expect(() =>
      bindSignedUrls({ plain: inner }, new UrlSigner(undefined)),
    ).not.toThrow();
  });

  it.each<[string, () => DownloadStorage]>([
    ['no storage', () => ({ secret: 'abc' }) as never],
    ['nothing', () => undefined as never],
    ['a storage without URLs', () => new MemoryStorage()],
    ['a signed one', () => signedUrls(inner)],
  ])('takes not %s', (_, storage) => {
    const wrap = () => signedUrls(storage());
    expect(wrap).toThrow(InvalidOptionsError);
    expect(wrap).toThrow('"signedUrls().storage"');
  });
});
