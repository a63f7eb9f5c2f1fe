import { Controller, Get, Param, Query, StreamableFile } from '@nestjs/common';
import {
  ContentFile,
  DownloadResponse,
  MemoryStorage,
  StorageDownloadController,
} from 'nestjs-downloadview';

import {
  type Adapter,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { EmbeddingPageController } from '../support/clients/embedding-page.js';
import { DOCUMENTS, SCRIPTED_FILES } from './scripted-files.js';

/** An application with uploads in it, at `/uploads`; at `/plain` it sends them as if it had no library. */
export interface ScriptsSite {
  readonly origin: string;
  /** How often the image was loaded that all of them ask for. */
  loaded: number;
  close(): Promise<void>;
}

/** @param allow the types that it lets browsers show; the library's own list where there are none */
export async function startScriptsSite(
  adapter: Adapter,
  allow?: string[],
): Promise<ScriptsSite> {
  const uploads = new MemoryStorage();
  for (const { name, content } of SCRIPTED_FILES) {
    await uploads.save(name, content);
  }

  @Controller()
  class SiteController {
    @Get('plain/:name')
    plain(
      @Param('name') name: string,
      @Query('type') type?: string,
    ): StreamableFile {
      const file = SCRIPTED_FILES.find((one) => one.name === name)!;
      return new StreamableFile(Buffer.from(file.content), {
        type: type ?? file.type,
        disposition: 'inline',
      });
    }

    /** A row of a database says what it is. */
    @Get('rows')
    row(@Query('type') contentType: string): DownloadResponse {
      const [{ content }] = DOCUMENTS;
      return new DownloadResponse(
        new ContentFile(content, { name: 'picture.png' }),
        { attachment: false, contentType },
      );
    }

    @Get('loaded')
    loaded(): string {
      site.loaded += 1;
      return '';
    }
  }

  const running: RunningApplication = await startApplication(adapter, {
    options: { storages: { default: uploads }, inline: allow && { allow } },
    controllers: [
      SiteController,
      EmbeddingPageController,
      StorageDownloadController.asController('uploads/*path', {
        attachment: false,
      }),
    ],
  });
  const site: ScriptsSite = {
    origin: running.origin,
    loaded: 0,
    close: () => running.close(),
  };
  return site;
}
