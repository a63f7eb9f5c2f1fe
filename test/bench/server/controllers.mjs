import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Controller, Get, Req, Res, StreamableFile } from '@nestjs/common';
import { PathDownloadController, sendfile } from 'nestjs-downloadview';
import { GIB, KIB } from '../sizes.mjs';
import { offloadedByHand, sentByHand } from './by-hand.mjs';

const SIZES = { '1k.bin': KIB, '100k.bin': 100 * KIB, '1g.bin': GIB };

/** The library, as a controller and as a function, beside handlers that do its work by hand. */
export function ours(directory) {
  class Handlers {
    sendfile(request) {
      return sendfile(request.params.name, { root: directory });
    }
    byHand(request) {
      return sentByHand(directory, request.params.name, request);
    }
    offloadedByHand(request) {
      return offloadedByHand(directory, request.params.name);
    }
  }
  return [
    PathDownloadController.asController('ours/*path', { root: directory }),
    controller(Handlers, {
      sendfile: 'sendfile/:name',
      byHand: 'by-hand/:name',
      offloadedByHand: 'offloaded-by-hand/:name',
    }),
  ];
}

/** A route that hands out nothing. */
export function hello() {
  class Hello {
    hello() {
      return 'hello';
    }
  }
  return controller(Hello, { hello: 'hello' });
}

/** What Nest itself has for files. */
export function streamable(directory) {
  class Streamable {
    streamable(request) {
      const { name } = request.params;
      // The length for nothing: by itself it would ask the disk for it, or send in chunks.
      const length = SIZES[name];
      return new StreamableFile(createReadStream(join(directory, name)), {
        length,
      });
    }
  }
  return controller(Streamable, { streamable: 'streamable/:name' });
}

/** What Express has for files. */
export function resDownload(directory) {
  class ResDownload {
    download(request, response) {
      response.download(join(directory, request.params.name));
    }
  }
  return controller(ResDownload, { download: 'download/:name' });
}

/** Decorates by hand what TypeScript would. */
export function controller(type, routes) {
  const { prototype } = type;
  for (const [name, path] of Object.entries(routes)) {
    const handler = Object.getOwnPropertyDescriptor(prototype, name);
    Get(path)(prototype, name, handler);
    if (handler.value.length > 0) Req()(prototype, name, 0);
    if (handler.value.length > 1) Res()(prototype, name, 1);
  }
  Controller()(type);
  return type;
}
