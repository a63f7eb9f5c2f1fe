import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import {
  Body,
  ClassSerializerInterceptor,
  Controller,
  Delete,
  Get,
  Param,
  Post,
  Put,
  UseInterceptors,
} from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import {
  FileSystemStorage,
  MemoryStorage,
  ObjectDownloadController,
} from 'nestjs-downloadview';
import {
  expectDownload,
  temporaryStorage,
  type TemporaryStorage,
} from 'nestjs-downloadview/testing';
import { FileColumnsModule, NewFile } from 'nestjs-downloadview/typeorm';
import { Repository } from 'typeorm';

import {
  type RunningApplication,
  startApplication,
} from '../../support/application.js';
import { describeOnDatabases } from '../../support/databases/databases.js';
import {
  FILE_ENTITIES,
  Paper,
} from '../../support/databases/file-column.entities.js';
import {
  type HttpAnswer,
  httpRequest,
} from '../../support/clients/http-client.js';
import { expectNotFound } from '../../support/files/not-found.js';

interface Upload {
  readonly name: string;
  readonly text: string;
}

@Controller('papers')
class PapersController {
  constructor(
    @InjectRepository(Paper) private readonly papers: Repository<Paper>,
  ) {}

  @Get()
  list(): Promise<Paper[]> {
    return this.papers.find();
  }

  @Get('serialized')
  @UseInterceptors(ClassSerializerInterceptor)
  async serialized(): Promise<Paper[]> {
    const papers = await this.papers.find();
    for (const { file } of papers) await file.stat();
    return papers;
  }

  @Get('inspected')
  async inspected(): Promise<string> {
    return inspect(await this.papers.find(), { depth: 10, showHidden: true });
  }

  @Post(':slug')
  async upload(
    @Param('slug') slug: string,
    @Body() { name, text }: Upload,
  ): Promise<Paper> {
    const file = new NewFile(name, Buffer.from(text));
    return this.papers.save(this.papers.create({ slug, file }));
  }

  @Put(':slug')
  async replace(
    @Param('slug') slug: string,
    @Body() { name, text }: Upload,
  ): Promise<Paper> {
    const paper = await this.papers.findOneByOrFail({ slug });
    paper.file = new NewFile(name, text);
    return this.papers.save(paper);
  }

  @Delete(':slug')
  async remove(@Param('slug') slug: string): Promise<void> {
    const paper = await this.papers.findOneByOrFail({ slug });
    await paper.file.delete();
    await this.papers.remove(paper);
  }
}

@Controller('papers/:slug/file')
class PaperDownloadController extends ObjectDownloadController<Paper> {
  constructor(
    @InjectRepository(Paper) override readonly repository: Repository<Paper>,
  ) {
    super();
  }
}

@Controller('papers/:slug/draft')
class DraftDownloadController extends PaperDownloadController {
  override fileField = 'draft';
}

describeOnDatabases('An application with files in entities', (stage) => {
  let running: RunningApplication;
  let disk: TemporaryStorage;

  beforeAll(async () => {
    disk = await temporaryStorage();
    const storage = new FileSystemStorage({
      root: disk.root,
      baseUrl: '/media/',
    });
    running = await startApplication(stage.adapter, {
      options: {
        storages: { default: storage, portraits: new MemoryStorage() },
      },
      imports: [...stage.imports(FILE_ENTITIES), FileColumnsModule.forRoot()],
      controllers: [
        PaperDownloadController,
        DraftDownloadController,
        PapersController,
      ],
    });
  });

  afterAll(async () => {
    await running.close();
    await disk.remove();
  });

  const send = (
    method: string,
    path: string,
    body?: Upload,
  ): Promise<HttpAnswer> =>
    httpRequest(running.origin, path, {
      method,
      headers: body ? { 'Content-Type': 'application/json' } : {},
      body: body && JSON.stringify(body),
    });

  it('takes a file, hands it out, replaces it, and removes it', async () => {
    const first = { name: 'report.txt', text: 'First edition' };
    const taken = await send('POST', '/papers/life', first);
    expect(taken.status).toBe(201);
    const download = await send('GET', '/papers/life/file');
    expectDownload(download, {
      basename: 'report.txt',
      content: 'First edition',
      size: 13,
    });
    expect(download.headers.etag).toBeDefined();

    const second = { name: 'report 2.txt', text: 'Second edition' };
    await send('PUT', '/papers/life', second);
    const replaced = await send('GET', '/papers/life/file');
    expectDownload(replaced, {
      basename: 'report 2.txt',
      content: 'Second edition',
    });
    expect(replaced.headers.etag).not.toBe(download.headers.etag);

    expectNotFound(await send('GET', '/papers/life/draft'));
    await send('DELETE', '/papers/life');
    expectNotFound(await send('GET', '/papers/life/file'));
    expect(await disk.exists('papers/report 2.txt')).toBe(false);
  });

  it.each([
    ['a path', '../../etc/passwd', 'passwd'],
    ['a hidden name', 'C:\\Users\\me\\.profile', 'profile'],
    ['nothing but dots', '....', 'download'],
    ['characters that hide', 'a\0b\u202e.txt', 'ab.txt'],
    ['300 letters', `${'ä'.repeat(300)}.txt`, `${'ä'.repeat(125)}.txt`],
  ])('makes the name of an upload safe: %s', async (_what, name, key) => {
    await send('POST', '/papers/named', { name, text: 'Named' });
    const [paper] = JSON.parse((await send('GET', '/papers')).text);
    expect(paper.file).toEqual({
      name: key,
      url: `/media/papers/${encodeURIComponent(key)}`,
    });
    const download = await send('GET', '/papers/named/file');
    expect(download.text).toBe('Named');
    await send('DELETE', '/papers/named');
  });

  it('tells name, size and URL of a file, and never where it lies', async () => {
    const upload = { name: 'told.txt', text: 'Told' };
    const taken = await send('POST', '/papers/told', upload);
    const file = { name: 'told.txt', url: '/media/papers/told.txt' };
    expect(JSON.parse(taken.text)).toMatchObject({ slug: 'told', file });
    const listed = await send('GET', '/papers');
    expect(JSON.parse(listed.text)).toMatchObject([{ file, draft: null }]);
    const serialized = await send('GET', '/papers/serialized');
    const [paper] = JSON.parse(serialized.text);
    expect(paper.file).toEqual({ ...file, size: 4 });
    const inspected = await send('GET', '/papers/inspected');
    expect(inspected.text).toContain('told');
    for (const { text } of [taken, listed, serialized, inspected]) {
      expect(text).not.toContain(disk.root);
    }
    await send('DELETE', '/papers/told');
  });
});
