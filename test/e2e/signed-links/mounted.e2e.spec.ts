import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo } from 'node:net';

import { expect, it } from '@jest/globals';
import {
  MemoryStorage,
  SignedUrl,
  StorageDownloadController,
  UrlSigner,
} from 'nestjs-downloadview';

import { createApplication } from '../../support/application.js';
import { httpRequest } from '../../support/clients/http-client.js';
import { SIGNING } from '../../support/links/links.js';

type Mounting = RequestListener & {
  use(path: string, application: unknown): void;
};

it('signed links have the public path where an Express application is mounted in another', async () => {
  const storage = new MemoryStorage();
  await storage.save('a b.txt', 'mounted');
  const app = await createApplication('express', {
    options: { signing: SIGNING, storages: { default: storage } },
    controllers: [
      StorageDownloadController.asController('media/*path', {
        decorators: [SignedUrl()],
      }),
    ],
  });
  await app.init();
  const outer: Mounting = (await createApplication('express', {}))
    .getHttpAdapter()
    .getInstance();
  outer.use('/outer', app.getHttpAdapter().getInstance());
  const server = createServer(outer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const ask = (path: string) => httpRequest(`http://127.0.0.1:${port}`, path);
    const signer = app.get(UrlSigner);
    const answer = await ask(signer.sign('/outer/media/a b.txt'));
    expect([answer.status, answer.text]).toEqual([200, 'mounted']);
    const inner = signer.sign('/media/a b.txt');
    expect((await ask(`/outer${inner}`)).status).toBe(403);
  } finally {
    server.close();
    await app.close();
  }
});
