import { Buffer } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Controller, Get, Req, Res, StreamableFile } from '@nestjs/common';
import { sendfile } from 'nestjs-downloadview';
import { GIB, KIB } from '../sizes.mjs';

// As large as the answers that they are held against.
const IN_MEMORY = {
  '0k.bin': Buffer.alloc(0),
  '1k.bin': Buffer.alloc(KIB),
  '64k.bin': Buffer.alloc(64 * KIB),
  '100k.bin': Buffer.alloc(100 * KIB),
};

const SIZES = { '1k.bin': KIB, '100k.bin': 100 * KIB, '1g.bin': GIB };

/** The library, and a handler that does next to nothing. */
export function ours(directory) {
  class Ours {
    hello() {
      return 'hello';
    }
    ours(request) {
      return sendfile(request.params.name, { root: directory });
    }
  }
  return controller(Ours, { hello: 'hello', ours: 'ours/:name' });
}

/** What a Nest application on Express does without the library. */
export function expressPeers(directory) {
  class ExpressPeers {
    streamable(request) {
      const { name } = request.params;
      // The length for nothing: by itself it would ask the disk for it, or send in chunks.
      const length = SIZES[name];
      return new StreamableFile(createReadStream(join(directory, name)), {
        length,
      });
    }
    download(request, response) {
      response.download(join(directory, request.params.name));
    }
    memory(request, response) {
      response.end(IN_MEMORY[request.params.name]);
    }
    sendFile(request, response) {
      response.sendFile(join(directory, request.params.name));
    }
  }
  return controller(ExpressPeers, {
    streamable: 'streamable/:name',
    download: 'download/:name',
    memory: 'memory/:name',
    sendFile: 'sendfile/:name',
  });
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
