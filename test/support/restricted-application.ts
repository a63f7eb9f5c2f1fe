// A program: serves a directory as a user who may read little, in a process with few descriptors.
import { closeSync, openSync } from 'node:fs';
import { type Server } from 'node:http';

import { ConsoleLogger } from '@nestjs/common';
import {
  FileSystemStorage,
  PathDownloadController,
  StorageDownloadController,
} from 'nestjs-downloadview';

import { type Adapter, startApplication } from './application.js';

const NOBODY = 65534;
const [adapter, root] = process.argv.slice(2);

const { app, origin } = await startApplication(adapter as Adapter, {
  options: { storages: { default: new FileSystemStorage({ root }) } },
  controllers: [
    PathDownloadController.asController('path/*path', { root }),
    StorageDownloadController.asController('media/*path'),
    PathDownloadController.asController('exhausted/*path', { root }),
  ],
  configure: (application) => {
    application.useLogger(new ConsoleLogger({ colors: false }));
  },
});

(app.getHttpServer() as Server).prependListener(
  'request',
  ({ url }, response) => {
    if (!url?.startsWith('/exhausted/')) return;
    const taken = allDescriptors();
    response.once('close', () => taken.forEach(closeSync));
  },
);

// Everything is loaded: this user need not be able to read the program.
if (process.getuid?.() === 0) {
  process.setgroups?.([]);
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
}
process.send?.(origin);

function allDescriptors(): number[] {
  const taken: number[] = [];
  for (;;) {
    try {
      taken.push(openSync('/dev/null', 'r'));
    } catch {
      return taken;
    }
  }
}
