import { Controller, Get } from '@nestjs/common';
import {
  ContentFile,
  DownloadResponse,
  LocalFile,
  nginx,
  type NginxOptions,
  VirtualFile,
} from 'nestjs-downloadview';
import {
  type ExpectedDownload,
  type ExpectedXAccelRedirect,
} from 'nestjs-downloadview/testing';

import {
  type Adapter,
  type RunningApplication,
  startApplication,
} from '../../support/application.js';

/** No UTF-8: read as text, it is another file. */
export const BYTES = Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x0a]);
export const NAME = 'Übersicht "2026".txt';
export const TEXT = 'Grüße\n';

const UNTIL = new Date('2030-01-02T03:04:05.678Z');

/** Path, what is right of it, and the same wrong. */
type Row<Expected> = readonly [path: string, right: Expected, wrong: Expected];

export const DOWNLOADS: readonly Row<ExpectedDownload>[] = [
  ['/text', { basename: NAME }, { basename: 'Übersicht _2026_.txt' }],
  ['/text', { basename: NAME }, { basename: '' }],
  [
    '/text',
    { contentType: 'text/plain; charset=utf-8' },
    { contentType: 'text/plain' },
  ],
  [
    '/text',
    { contentType: 'Text/Plain;charset=UTF-8' },
    { contentType: 'text/plain; charset=latin1' },
  ],
  ['/text', { content: TEXT }, { content: 'Grüsse\n' }],
  ['/text', { content: Buffer.from(TEXT) }, { content: '' }],
  ['/text', { attachment: true }, { attachment: false }],
  ['/text', { size: 8 }, { size: 7 }],
  ['/bytes', { content: BYTES }, { content: BYTES.toString() }],
  [
    '/bytes',
    { content: new Uint8Array(BYTES) },
    { content: BYTES.subarray(1) },
  ],
  ['/bytes', { size: BYTES.length }, { size: 0 }],
  ['/bytes', { basename: 'a.bin' }, { basename: 'A.bin' }],
  ['/shown', { attachment: false }, { attachment: true }],
  ['/shown', { contentType: 'image/png' }, { contentType: 'image/*' }],
  ['/generated', { content: '1,2\n' }, { content: '1,2' }],
  ['/generated', { size: 4 }, { size: 3 }],
];

const OFFLOADED = '/offloaded';
const WITH_SETTINGS = '/offloaded-with-settings';

export const OFFLOADS: readonly Row<ExpectedXAccelRedirect>[] = [
  [
    OFFLOADED,
    { redirectUrl: '/_offload/%C3%A4%20b.txt' },
    { redirectUrl: '/_offload/ä b.txt' },
  ],
  [
    OFFLOADED,
    { url: '/_offload/%C3%A4%20b.txt' },
    { url: '/_offload/%c3%a4%20b.txt' },
  ],
  [OFFLOADED, { basename: NAME }, { basename: 'ä b.txt' }],
  [
    OFFLOADED,
    { contentType: 'text/plain; charset=utf-8' },
    { contentType: 'text/plain' },
  ],
  [OFFLOADED, { attachment: true }, { attachment: false }],
  [OFFLOADED, { charset: null }, { charset: 'utf-8' }],
  [OFFLOADED, { expires: null }, { expires: 60 }],
  [OFFLOADED, { buffering: null }, { buffering: false }],
  [OFFLOADED, { limitRate: null }, { limitRate: false }],
  [WITH_SETTINGS, { charset: 'utf-8' }, { charset: null }],
  [WITH_SETTINGS, { charset: 'utf-8' }, { charset: 'latin1' }],
  [WITH_SETTINGS, { expires: 60 }, { expires: 61 }],
  [WITH_SETTINGS, { expires: 60 }, { expires: null }],
  [WITH_SETTINGS, { expires: 60 }, { expires: false }],
  [WITH_SETTINGS, { expires: 60 }, { expires: new Date(60_000) }],
  [WITH_SETTINGS, { buffering: false }, { buffering: true }],
  [WITH_SETTINGS, { buffering: false }, { buffering: null }],
  [WITH_SETTINGS, { limitRate: 1000 }, { limitRate: 1001 }],
  [WITH_SETTINGS, { limitRate: 1000 }, { limitRate: false }],
  ['/offloaded-until', { expires: UNTIL }, { expires: new Date(0) }],
  ['/offloaded-without-limits', { expires: false }, { expires: 1 }],
  ['/offloaded-without-limits', { expires: 0 }, { expires: null }],
  ['/offloaded-without-limits', { limitRate: false }, { limitRate: 1 }],
  ['/offloaded-without-limits', { limitRate: 0 }, { limitRate: null }],
  ['/offloaded-without-limits', { buffering: true }, { buffering: false }],
];

/** An application with a file of every kind; `root` has the file `ä b.txt`. */
export function startDownloads(
  adapter: Adapter,
  root: string,
): Promise<RunningApplication> {
  const offloaded = (options: Omit<NginxOptions, 'rules'>): DownloadResponse =>
    new DownloadResponse(new LocalFile(`${root}/ä b.txt`), {
      basename: NAME,
      backend: nginx({
        rules: [{ sourceDir: root, destination: '/_offload/' }],
        ...options,
      }),
    });

  @Controller()
  class DownloadsController {
    @Get('text')
    text() {
      const file = new ContentFile(TEXT, { name: NAME });
      return new DownloadResponse(file, { charset: 'utf-8' });
    }

    @Get('bytes')
    bytes() {
      return new DownloadResponse(new ContentFile(BYTES, { name: 'a.bin' }));
    }

    @Get('shown')
    shown() {
      const file = new ContentFile('no picture', { name: 'a.png' });
      return new DownloadResponse(file, { attachment: false });
    }

    @Get('generated')
    generated() {
      const file = new VirtualFile(['1,', '2\n'], { name: 'rows.csv' });
      return new DownloadResponse(file);
    }

    @Get('page')
    page() {
      return 'a page';
    }

    @Get('offloaded')
    offloaded() {
      return offloaded({});
    }

    @Get('offloaded-with-settings')
    offloadedWithSettings() {
      return offloaded({
        charset: 'utf-8',
        expires: 60,
        buffering: false,
        limitRate: 1000,
      });
    }

    @Get('offloaded-until')
    offloadedUntil() {
      return offloaded({ expires: UNTIL });
    }

    @Get('offloaded-without-limits')
    offloadedWithoutLimits() {
      return offloaded({ expires: false, limitRate: false, buffering: true });
    }
  }

  return startApplication(adapter, { controllers: [DownloadsController] });
}
