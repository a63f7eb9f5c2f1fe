// A program: one of several instances of an application whose files are in a store and on a shared disk. It is made
// at once, and listens on the port that it is told.
import { Controller, Get, Module, Query } from '@nestjs/common';
import {
  DownloadEvents,
  FileSystemStorage,
  nginx,
  SignedUrl,
  StorageDownloadController,
  stream,
  UrlSigner,
} from 'nestjs-downloadview';
import { S3Storage } from 'nestjs-downloadview/s3';

import { createApplication } from './application.js';
import {
  HEARD_OF,
  instanceBackend,
  type InstanceParts,
  StreamedLinkController,
} from './instances.js';
import { limitedParts } from './links/limited-site.js';
import { clientOf } from './stores/swift.js';

const parts = JSON.parse(process.argv[2] ?? '') as InstanceParts;
const { adapter, root, connection, completions, store } = parts;

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
    StreamedLinkController,
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
    completions: { file: completions },
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
let completed = 0;
app.get(DownloadEvents).subscribe(({ sender, outcome, file: { key } }) => {
  const isHeardOf = sender === 'nginx' && outcome === 'completed';
  if (isHeardOf && key === HEARD_OF) completed += 1;
});
process.on('message', (message: string) => {
  if (message === 'completed') process.send?.(String(completed));
  else {
    void app
      .listen(Number(message), '127.0.0.1')
      .then(() => process.send?.(message));
  }
});
process.send?.('made');
