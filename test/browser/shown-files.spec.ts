import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  expect,
  it,
} from '@jest/globals';
import { PathDownloadController } from 'nestjs-downloadview';
import { type Page } from 'playwright-core';

import {
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { Browser } from '../support/clients/browser.js';
import { command } from '../support/command.js';
import { describeWith } from '../support/describe-with.js';
import {
  EmbeddingPageController,
  pageWith,
} from '../support/clients/embedding-page.js';
import { eventually } from '../support/eventually.js';
import { type Exchanged, exchangesOf } from '../support/clients/exchanges.js';
import { pixelOf } from '../support/clients/pixel.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

const RED = '#ff0000';

/** One red page. */
const PDF = `%PDF-1.4
1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj
2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj
3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 600 600]/Contents 4 0 R>> endobj
4 0 obj <</Length 25>> stream
1 0 0 rg 0 0 600 600 re f
endstream endobj
trailer <</Root 1 0 R>>
%%EOF`;

const TEXT = '<script>document.title = "ran"</script> is text';

/** A red picture, and a film that is too large to be loaded ahead. */
async function paint(directory: string): Promise<void> {
  const ffmpeg = async (...parameters: string[]) => {
    const quiet = ['-v', 'error', '-nostdin'];
    const { code } = await command('ffmpeg', [...quiet, ...parameters]);
    expect(code).toBe(0);
  };
  await ffmpeg(
    ...[
      '-f',
      'lavfi',
      '-i',
      'color=red:size=400x300,format=rgb24',
      '-frames:v',
      '1',
    ],
    `${directory}/picture.png`,
  );
  const scene = 'testsrc2=duration=6:size=320x180:rate=5,noise=alls=60:allf=t';
  const fast = ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8'];
  await ffmpeg(
    ...['-f', 'lavfi', '-i', scene, ...fast, '-b:v', '3M', '-g', '5'],
    `${directory}/scene.webm`,
  );
  await ffmpeg(
    ...['-stream_loop', '9', '-i', `${directory}/scene.webm`, '-c', 'copy'],
    `${directory}/film.webm`,
  );
}

describeWith(['chromium', 'ffmpeg'], 'Chromium shows', () => {
  let browser: Browser;
  let directory: TemporaryDirectory;
  beforeAll(async () => {
    browser = await Browser.start();
    directory = await temporaryDirectory();
    await directory.write('report.pdf', PDF);
    await directory.write('notes.txt', TEXT);
    await paint(directory.path);
  });
  afterAll(async () => {
    await browser.stop();
    await directory.remove();
  });

  let application: RunningApplication;
  let exchanged: Exchanged[];
  beforeAll(async () => {
    application = await startApplication('fastify', {
      controllers: [
        EmbeddingPageController,
        PathDownloadController.asController('files/*path', {
          root: directory.path,
          attachment: false,
        }),
      ],
    });
    exchanged = exchangesOf(application.app);
  });
  beforeEach(() => {
    exchanged.length = 0;
  });
  afterEach(() => expect(browser.downloads).toEqual([]));
  afterAll(() => application.close());

  const open = async (path: string): Promise<Page> => {
    const answer = await browser.tab.goto(application.origin + path);
    expect(answer?.ok()).toBe(true);
    return browser.tab;
  };
  const contentTypeOf = (tab: Page) => tab.evaluate('document.contentType');

  it('a picture that is opened', async () => {
    const tab = await open('/files/picture.png');
    expect(await contentTypeOf(tab)).toBe('image/png');
    expect(await tab.evaluate('document.images[0].naturalWidth')).toBe(400);
    expect(await pixelOf(tab, 640, 360)).toBe(RED);
  });

  it('a picture in a page', async () => {
    const tab = await open(pageWith('/files/picture.png', 'img'));
    expect(await tab.evaluate('document.images[0].naturalWidth')).toBe(400);
    expect(await pixelOf(tab, 100, 100)).toBe(RED);
  });

  it('a text, and not what it would be as a page', async () => {
    const tab = await open('/files/notes.txt');
    expect(await contentTypeOf(tab)).toBe('text/plain');
    expect(await tab.evaluate('document.body.innerText')).toBe(TEXT);
    expect(await tab.title()).toBe('');
  });

  it('a PDF that is opened, in its viewer', async () => {
    const tab = await open('/files/report.pdf');
    expect(await contentTypeOf(tab)).toBe('application/pdf');
    expect(await eventually(RED, () => pixelOf(tab, 800, 300))).toBe(RED);
  });

  it('a PDF in a frame, an object and an embed of a page', async () => {
    const elements = ['iframe', 'object', 'embed'] as const;
    const tab = await open(pageWith('/files/report.pdf', ...elements));
    for (const x of [150, 460, 770]) {
      expect(await eventually(RED, () => pixelOf(tab, x, 120))).toBe(RED);
    }
  });

  it.each([
    ['that is opened', '/files/film.webm?opened'],
    ['in a page', pageWith('/files/film.webm?embedded', 'video')],
  ])('a film %s, from wherever its user wants to see it', async (_, path) => {
    const tab = await open(path);
    const film = (expression: string) =>
      tab.evaluate(`document.querySelector('video').${expression}`);
    expect(await eventually(true, () => film('duration > 59'))).toBe(true);
    exchanged.length = 0;
    await film('currentTime = 45');
    expect(await eventually(false, () => film('seeking'))).toBe(false);
    expect(exchanged).toContainEqual(
      expect.objectContaining({
        status: 206,
        headers: expect.objectContaining({
          range: expect.stringMatching(/^bytes=[1-9]/),
        }),
      }),
    );
    await film('play()');
    expect(await eventually(true, () => film('currentTime > 45.2'))).toBe(true);
    expect(await film('videoWidth')).toBe(320);
  });
});
