// The library and its peers side by side in one Nest application: `node server.mjs DIRECTORY`.
import 'reflect-metadata';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import {
  Controller,
  Get,
  Module,
  Req,
  Res,
  StreamableFile,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import express from 'express';
import { DownloadModule, sendfile } from 'nestjs-downloadview';

const [directory] = process.argv.slice(2);

const SIZES = {
  '1k.bin': 1024,
  '100k.bin': 100 * 1024,
  '1g.bin': 1024 ** 3,
};

class BenchController {
  hello() {
    return 'hello';
  }
  ours(request) {
    return sendfile(request.params.name, { root: directory });
  }
  streamable(request) {
    const { name } = request.params;
    // The length for nothing: by itself it would ask the disk for it, or send in chunks.
    return new StreamableFile(createReadStream(join(directory, name)), {
      length: SIZES[name],
    });
  }
  download(request, response) {
    response.download(join(directory, request.params.name));
  }
  sendFile(request, response) {
    response.sendFile(join(directory, request.params.name));
  }
}
route('hello', 'hello');
route('ours/:name', 'ours');
route('streamable/:name', 'streamable');
route('download/:name', 'download', true);
route('sendfile/:name', 'sendFile', true);
Controller()(BenchController);

function route(path, name, takesResponse = false) {
  const { prototype } = BenchController;
  Get(path)(prototype, name, Object.getOwnPropertyDescriptor(prototype, name));
  if (prototype[name].length > 0) {
    Req()(prototype, name, 0);
  }
  if (takesResponse) Res()(prototype, name, 1);
}

class BenchModule {}
Module({
  imports: [DownloadModule.forRoot({})],
  controllers: [BenchController],
})(BenchModule);

const app = await NestFactory.create(BenchModule, new ExpressAdapter(), {
  logger: ['error', 'warn'],
});
app.use('/static', express.static(directory));
await app.listen(0, '127.0.0.1');
console.log(app.getHttpServer().address().port);
process.on('SIGTERM', () => process.exit(0));
process.on('message', () => {
  process.send({ rss: process.memoryUsage().rss, cpu: process.cpuUsage() });
});
