// A program: one of several instances of an application whose files are in a store and on a shared disk. It is made
// at once, and listens on the port that it is told.
import { Controller, Get, Module, Query } from '@nestjs/common';
import {
  FileSystemStorage,
  nginx,
  SignedUrl,
  StorageDownloadController,
  stream,
  UrlSigner,
} from 'nestjs-downloadview';
import { S3Storage } from 'nestjs-downloadview/s3';

import { createApplication } from './application.js';
import { instanceBackend, type InstanceParts } from './instances.js';
import { limitedParts } from './limited-site.js';
import { clientOf } from './swift.js';

const parts = JSON.parse(process.argv[2] ?? '') as InstanceParts;
const { adapter, root, connection, store } = parts;

@Controller('links')
class LinksController {
  constructor(private readonly signer: UrlSigner) {}

  @Get()
  sign(@Query('path') path: string): string {
    return this.signer.sign(path);
  }
}

@Module({ controllers: [LinksController] })
class LinksModule {}

const {
  options,
  imports = [],
  ...limited
} = limitedParts({
  root,
  database: {
    type: 'postgres',
    synchronize: false,
    // The cluster has 20 connections for all.
    poolSize: 3,
    ...connection,
  },
  backend: nginx(instanceBackend(parts)),
  controllers: [
    StorageDownloadController.asController('sent/*path'),
    StorageDownloadController.asController('streamed/*path', {
      backend: stream(),
    }),
    StorageDownloadController.asController('disk/*path', { storage: 'disk' }),
    StorageDownloadController.asController('signed/*path', {
      decorators: [SignedUrl()],
    }),
  ],
});

const app = await createApplication(adapter, {
  ...limited,
  imports: [...imports, LinksModule],
  options: {
    ...options,
    storages: {
      default: new S3Storage({
        client: clientOf(store, store.endpoint),
        urlClient: clientOf(store, store.urlEndpoint),
        bucket: store.bucket,
      }),
      disk: new FileSystemStorage({ root }),
    },
  },
});
const pid = String(process.pid);
app.use(
  (
    _request: unknown,
    response: { setHeader(name: string, value: string): void },
    next: () => void,
  ) => {
    response.setHeader('X-Instance', pid);
    next();
  },
);
app.enableShutdownHooks();
await app.init();
process.on('message', (port: string) => {
  void app.listen(Number(port), '127.0.0.1').then(() => process.send?.(port));
});
process.send?.('made');
