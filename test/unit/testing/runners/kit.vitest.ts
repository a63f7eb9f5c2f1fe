// A program of its own: vitest runs it, and runners.spec.ts vitest.
import { createServer } from 'node:http';

import { MemoryStorage } from 'nestjs-downloadview';
import {
  downloadMatchers,
  type DownloadMatchers,
  expectDownload,
  fakeProxy,
  storageContract,
  temporaryStorage,
} from 'nestjs-downloadview/testing';
import { describe, expect, it } from 'vitest';

// As the doc comment of downloadMatchers has it.
declare module 'vitest' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/no-unused-vars
  interface Matchers<T> extends DownloadMatchers {}
}

expect.extend(downloadMatchers);

const response = {
  status: 200,
  headers: { 'content-disposition': 'attachment; filename="a.txt"' },
  body: 'Hello\n',
};

describe('downloadMatchers', () => {
  it('compare', async () => {
    expect(response).toBeDownload({ basename: 'a.txt', content: 'Hello\n' });
    expect(response).not.toBeDownload({ basename: 'b.txt' });
    expect(response).not.toBeXAccelRedirect();
    expect(response).not.toBeXSendfile();
    await expect(Promise.resolve(response)).resolves.toBeDownload();
  });

  it('say what is wrong', () => {
    expect(() => expect(response).toBeDownload({ basename: 'b.txt' })).toThrow(
      "basename: expected 'b.txt', but was 'a.txt'",
    );
    expect(() => expectDownload(response, { size: 1 })).toThrow(
      'size: expected 1, but was 6',
    );
  });

  it('refuse unknown options', () => {
    expect(() =>
      expect(response).not.toBeDownload({ name: 'b.txt' } as object),
    ).toThrow('Invalid option "toBeDownload.name"');
  });
});

describe('storageContract()', () => {
  for (const createStorage of [() => new MemoryStorage(), temporaryStorage]) {
    for (const { name, check } of storageContract(createStorage)) {
      it(name, check);
    }
  }
});

describe('fakeProxy()', () => {
  it('sends what it is told', async () => {
    const storage = await temporaryStorage();
    await storage.save('a.txt', 'Hello\n');
    const server = createServer((_, answer) => {
      answer.setHeader('X-Accel-Redirect', '/_offload/a.txt').end();
    });
    const rules = [{ sourceDir: storage.root, destination: '/_offload/' }];
    const proxy = await fakeProxy(server, { server: 'nginx', rules });

    const answer = await fetch(proxy.url);

    expect(await answer.text()).toBe('Hello\n');
    await proxy.close();
    await storage.remove();
  });
});
