import { describe, expect, it } from '@jest/globals';
import { Controller, type Type } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ContentFile, type DownloadFile } from 'nestjs-downloadview';
import { LimitedLinkDownloadController } from 'nestjs-downloadview/typeorm';

import { type Adapter, createApplication } from '../../support/application.js';
import { limitedParts } from '../../support/links/limited-site.js';
import { LogLines } from '../../support/log-lines.js';
import { temporaryDirectory } from '../../support/files/temporary-directory.js';

abstract class FilesController extends LimitedLinkDownloadController {
  override getSharedFile(): DownloadFile {
    return new ContentFile('Hello', { name: 'a.txt' });
  }
}

@Controller('asking/:link')
class AskingController extends FilesController {}

@Controller('direct/:link')
class DirectController extends FilesController {
  override confirm = false;
}

@Controller('named/:link')
class NamedController extends DirectController {
  override getClient(): string {
    return 'user 5';
  }
}

describe('limited links whose clients are known by their addresses', () => {
  const warningsOf = async (
    adapter: Adapter | FastifyAdapter,
    controller: Type,
  ): Promise<string> => {
    const directory = await temporaryDirectory();
    const log = new LogLines();
    const app = await createApplication(adapter, {
      ...limitedParts({ root: directory.path }),
      controllers: [controller],
    });
    app.useLogger(log);
    await app.init();
    await app.close();
    await directory.remove();
    return log.of('warn').join();
  };

  it('have a warning at boot on Express that trusts no proxy', async () => {
    const warning = await warningsOf('express', DirectController);
    expect(warning).toContain('getClient() of DirectController');
    expect(warning).toContain("app.set('trust proxy'");
  });

  it('have a warning at boot on Fastify that trusts no proxy', async () => {
    const warning = await warningsOf('fastify', DirectController);
    expect(warning).toContain('getClient() of DirectController');
    expect(warning).toContain('new FastifyAdapter({ trustProxy:');
  });

  it('have none on Fastify that trusts one', async () => {
    const fastify = new FastifyAdapter({ trustProxy: 'loopback' });
    expect(await warningsOf(fastify, DirectController)).toBe('');
  });

  it.each<[string, Adapter, Type]>([
    ['where a page asks first', 'express', AskingController],
    ['where a page asks first', 'fastify', AskingController],
    ['where the application knows them', 'express', NamedController],
    ['where the application knows them', 'fastify', NamedController],
  ])('have none %s, on %s', async (_, adapter, controller) => {
    expect(await warningsOf(adapter, controller)).not.toMatch(/trust ?proxy/i);
  });
});
