import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  it,
} from '@jest/globals';
import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  type Download,
  type Page,
} from 'playwright-core';

import { FLAGS } from '../support/clients/browser.js';
import { describeWith } from '../support/describe-with.js';
import { eventually } from '../support/eventually.js';
import { pixelOf } from '../support/clients/pixel.js';
import { findProgram } from '../support/programs.js';
import { Sample } from '../support/sample.js';

const LIMIT = 2_000_000;
/** What runs nothing. The process that shows about:blank would be a new one. */
const NOTHING = '/static/icon.svg';
const WITHOUT_SCRIPTS = { javaScriptEnabled: false };
const PHONE = { width: 360, height: 800 };
const DESK = { width: 1280, height: 720 };

const AXE = readFileSync('node_modules/axe-core/axe.min.js', 'utf8');

/** The texts of a page that are hard to read (WCAG 2.2, 1.4.3), with their contrast. */
const FAINT_TEXTS = `(() => {
  const paint = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const luminanceOf = (...colours) => {
    for (const colour of colours) {
      paint.fillStyle = colour;
      paint.fillRect(0, 0, 1, 1);
    }
    const [red, green, blue] = [...paint.getImageData(0, 0, 1, 1).data].map((byte) => {
      const share = byte / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const faint = [];
  while (texts.nextNode()) {
    const text = texts.currentNode.textContent.trim();
    const element = texts.currentNode.parentElement;
    if (!text || !element.checkVisibility()) continue;
    const grounds = [];
    for (let at = element; at; at = at.parentElement) {
      grounds.unshift(getComputedStyle(at).backgroundColor);
    }
    const ground = luminanceOf(...grounds);
    const ink = luminanceOf(...grounds, getComputedStyle(element).color);
    const [low, high] = [ground, ink].sort((a, b) => a - b);
    const contrast = (high + 0.05) / (low + 0.05);
    if (contrast < 4.5) faint.push([text, contrast]);
  }
  return faint;
})()`;

describeWith(['chromium'], 'the sample in Chromium', () => {
  let sample: Sample;
  let data: string;
  let origin: string;
  let browser: Browser;
  /** What pages have complained of: a policy that forbids too much, a script that fails. */
  const complaints: string[] = [];

  beforeAll(async () => {
    sample = await Sample.build();
    data = sample.data('browser');
    const [program, started] = await Promise.all([
      sample.start(['main'], {
        ...{ DATABASE_URL: '', DOWNLOAD_BACKEND: '', SIGNING_SECRET: '' },
        ...{ S3_BUCKET: '', S3_ENDPOINT: '', PUBLIC_URL: '' },
        ...{ DATA_DIR: data, PORT: '0', UPLOAD_LIMIT: String(LIMIT) },
      }),
      chromium.launch({
        executablePath: findProgram('chromium'),
        args: FLAGS,
        env: { PATH: process.env.PATH, LANG: 'C.UTF-8' },
      }),
    ]);
    [origin] = program.addresses;
    browser = started;
  });
  afterEach(async () => {
    await Promise.all(alone.splice(0).map((page) => page.context().close()));
    for (const [kind, pages] of opened) {
      for (const page of pages.splice(0)) {
        await clean(page);
        idle.set(kind, [...(idle.get(kind) ?? []), page]);
      }
    }
    expect(complaints.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await sample.remove();
  });

  // To make a page costs more than what most tests do with it. By the options of their browsers:
  const idle = new Map<string, Page[]>();
  const opened = new Map<string, Page[]>();
  const alone: Page[] = [];

  /** A page in a browser that knows of no other: it may be that of an earlier test, which has left nothing in it. */
  const open = async (
    path: string,
    options: BrowserContextOptions = {},
  ): Promise<Page> => {
    const kind = JSON.stringify(options);
    const page = idle.get(kind)?.pop() ?? (await newPage(options));
    opened.set(kind, [...(opened.get(kind) ?? []), page]);
    await page.goto(new URL(path, origin).href);
    return page;
  };
  /** A page whose test changes how it is connected, or what it runs. */
  const openAlone = async (
    path: string,
    options: BrowserContextOptions = {},
  ): Promise<Page> => {
    const page = await newPage(options);
    alone.push(page);
    await page.goto(new URL(path, origin).href);
    return page;
  };
  const newPage = async (options: BrowserContextOptions): Promise<Page> => {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(10_000);
    const page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      const told = message.text();
      // An answer that is an error is expected where it is asked for.
      const expected = /status of 4\d\d|ERR_ACCESS_DENIED|ERR_FAILED/.test(
        told,
      );
      if (message.type() === 'error' && !expected) complaints.push(told);
    });
    return page;
  };
  const clean = async (page: Page): Promise<void> => {
    const context = page.context();
    const others = context.pages().filter((other) => other !== page);
    await Promise.all(others.map((other) => other.close()));
    await context.clearCookies();
    await page.unrouteAll();
    await page.goto(origin + NOTHING);
    await page.emulateMedia({ colorScheme: null });
    await page.setViewportSize(DESK);
  };
  const namesIn = (page: Page): Promise<string[]> =>
    page.locator('tbody th bdi').allTextContents();
  const documentLink = (page: Page, name: string) =>
    page.getByRole('link', { name, exact: true });
  const statusOf = (page: Page) => page.locator('#status').textContent();
  const file = (name: string, content: string | Buffer) => ({
    name,
    mimeType: 'text/plain',
    buffer: Buffer.from(content),
  });
  /** A file on the disk that a user chooses files from. */
  const onDisk = async (name: string, content: string | Buffer) => {
    const directory = sample.data('disk');
    await mkdir(directory, { recursive: true });
    const path = join(directory, name);
    await writeFile(path, content);
    return path;
  };
  const downloadBy = async (
    page: Page,
    action: () => Promise<unknown>,
  ): Promise<Download> => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      action(),
    ]);
    return download;
  };
  const textOf = async (download: Download): Promise<string> =>
    readFile(await download.path(), 'utf8');

  /** The path of a link, made as the dialog makes it. */
  const linkTo = async (address: string, uses: string): Promise<string> => {
    const body = new URLSearchParams({ uses, term: 'week' });
    const answer = await fetch(origin + address, { method: 'POST', body });
    const [, path = ''] =
      /value="http:..[^/]*([^"]*)"/.exec(await answer.text()) ?? [];
    expect(path).toContain('/links/');
    return path.replaceAll('&#38;', '&');
  };

  /** Drops files of the disk on the page, as the desktop does. */
  const drop = async (page: Page, ...files: string[]): Promise<void> => {
    const session = await page.context().newCDPSession(page);
    const data = { items: [], files, dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      const event = { type, x: 300, y: 300, data };
      await session.send('Input.dispatchDragEvent', event);
    }
    await session.detach();
  };
  const focused = (page: Page, what: string) =>
    page.evaluate(`document.activeElement.${what}`);
  const tabTo = async (page: Page, text: string): Promise<void> => {
    for (let presses = 0; presses < 20; presses++) {
      await page.keyboard.press('Tab');
      if ((await focused(page, 'textContent.trim()')) === text) return;
    }
    throw new Error(`Nobody gets to ${text} by the keyboard`);
  };

  describe('without JavaScript', () => {
    it('takes files of any name by its form, and gives them back', async () => {
      const page = await open('/', WITHOUT_SCRIPTS);
      const photo = 'Été à la plage 🏖️.txt';
      const odd = `"<b>it's" & 日本.txt`;
      await page.setInputFiles('#files', [
        await onDisk(photo, 'sun'),
        await onDisk(odd, 'odd'),
      ]);
      await page.click('text=Upload');
      expect(await statusOf(page)).toBe(`Added: “${odd}”, “${photo}”.`);
      expect((await namesIn(page)).slice(0, 2)).toEqual([odd, photo]);
      for (const [name, content] of [
        [photo, 'sun'],
        [odd, 'odd'],
      ]) {
        const link = page.getByLabel(`Download ${name}`);
        const download = await downloadBy(page, () => link.click());
        expect(await textOf(download)).toBe(content);
      }
      expect(await readdir(join(data, 'media/documents'))).toContain(photo);
      expect(await readdir(join(data, 'uploads'))).toEqual([]);
    });

    it('says that a file is too large', async () => {
      const page = await open('/', WITHOUT_SCRIPTS);
      const large = await onDisk('large.txt', Buffer.alloc(LIMIT + 1));
      await page.setInputFiles('#files', large);
      await page.click('text=Upload');
      expect(await page.getByRole('alert').textContent()).toBe(
        'A document may have 2 MB at the most.',
      );
      await page.click('text=All documents');
      expect(await namesIn(page)).not.toContain('large.txt');
      expect(await readdir(join(data, 'uploads'))).toEqual([]);
    });

    it('shares a document, and deletes it with its file', async () => {
      const page = await open('/', WITHOUT_SCRIPTS);
      await page.setInputFiles('#files', file('brief.txt', 'brief'));
      await page.click('text=Upload');
      await documentLink(page, 'brief.txt').click();
      await page.click('text=Share');
      await page.check('text=a day');
      await page.click('text=Make a link');
      const link = await page.inputValue('#link');
      const guest = await open(link, WITHOUT_SCRIPTS);
      expect(await guest.getByRole('navigation').count()).toBe(0);
      const download = await downloadBy(guest, () => guest.click('button'));
      expect(await textOf(download)).toBe('brief');
      await page.click('text=Make a link');
      const unused = await page.inputValue('#link');

      await page.click('text=Close');
      await page.click('text=Delete');
      await page.click('button:text("Delete")');
      expect(await statusOf(page)).toBe('The document was deleted.');
      expect(await namesIn(page)).not.toContain('brief.txt');
      const left = await readdir(join(data, 'media/documents'));
      expect(left).not.toContain('brief.txt');
      await page.goto(unused);
      expect(await page.textContent('h1')).toBe('Not found');
      expect(await page.getByRole('link', { name: 'Documents' }).count()).toBe(
        0,
      );
    });
  });

  describe('when files are dropped', () => {
    it('takes them one after the other, and shows how far each is', async () => {
      const page = await open('/');
      await page.evaluate(`
        shares = [];
        new MutationObserver((changes) => {
          for (const { target } of changes) if (target.max) shares.push(target.value);
        }).observe(document, { subtree: true, attributeFilter: ['value'] });
      `);
      const session = await page.context().newCDPSession(page);
      await session.send('Network.emulateNetworkConditions', {
        ...{ offline: false, latency: 0, downloadThroughput: -1 },
        uploadThroughput: 1_000_000, // bytes a second
      });
      const film = randomBytes(400_000);
      await drop(
        page,
        await onDisk('Film 🎬.bin', film),
        await onDisk('naïve.txt', 'short'),
      );
      await documentLink(page, 'naïve.txt').waitFor();
      await session.detach();
      expect(await statusOf(page)).toBe('Added: “naïve.txt”.');
      expect((await namesIn(page)).slice(0, 2)).toEqual([
        'naïve.txt',
        'Film 🎬.bin',
      ]);
      const shares = await page.evaluate<number[]>('shares');
      expect(shares.filter((share) => share > 0 && share < 1)).not.toEqual([]);
      expect(await page.isHidden('#uploads')).toBe(true);
      const link = page.getByLabel('Download Film 🎬.bin');
      const download = await downloadBy(page, () => link.click());
      expect(download.suggestedFilename()).toBe('Film 🎬.bin');
      // toEqual looks at one byte after the other.
      const saved = await readFile(await download.path());
      expect(saved.equals(film)).toBe(true);
    });

    it('goes on after one that is too large', async () => {
      const page = await open('/');
      const large = await onDisk('huge.txt', Buffer.alloc(LIMIT + 1));
      await drop(page, large, await onDisk('after.txt', 'x'));
      await documentLink(page, 'after.txt').waitFor();
      expect(await page.locator('#uploads li').allTextContents()).toEqual([
        'huge.txtIt is too large.Dismiss',
      ]);
    });

    it('says of a directory that it cannot be sent', async () => {
      const page = await open('/');
      await drop(page, sample.data('.'));
      await page.locator('.failed').waitFor();
      expect(await statusOf(page)).toMatch(
        /not added\. It could not be sent\.$/,
      );
    });

    it('lets nobody leave by mistake while they are on their way', async () => {
      const page = await openAlone('/');
      const mayLeave = `dispatchEvent(new Event('beforeunload', { cancelable: true }))`;
      expect(await page.evaluate(mayLeave)).toBe(true);
      await page.route('**/documents', () => undefined); // nobody answers
      await drop(page, await onDisk('slow.txt', 'slow'));
      await page.getByRole('progressbar').waitFor();
      expect(await page.evaluate(mayLeave)).toBe(false);
    });
  });

  it('cancels what is on its way, and sends again what has failed', async () => {
    const page = await open('/');
    await page.route('**/documents', (route) => route.abort(), { times: 1 });
    await drop(page, await onDisk('again.txt', 'again'));
    await page.getByLabel('Retry again.txt').click();
    await documentLink(page, 'again.txt').waitFor();
    expect(await page.isHidden('#uploads')).toBe(true);

    await page.route('**/documents', () => undefined); // nobody answers
    await drop(page, await onDisk('never.txt', 'never'));
    await page.getByLabel('Cancel never.txt').click();
    expect(await eventually(true, () => page.isHidden('#uploads'))).toBe(true);
    expect(await statusOf(page)).toBe('“never.txt” was cancelled.');
  });

  describe('a selection', () => {
    const select = async (page: Page, ...names: string[]): Promise<void> => {
      for (const name of names)
        await page.check(`[aria-label="Choose ${name}"]`);
    };

    it('is downloaded as one ZIP file', async () => {
      const page = await open('/');
      expect(await page.isHidden('#selection')).toBe(true);
      await select(page, 'Letter.pdf', 'Sunset.png');
      expect(await page.textContent('[data-count]')).toBe('2 chosen');
      const download = await downloadBy(page, () =>
        page.click('text=Download as ZIP'),
      );
      expect(download.suggestedFilename()).toBe('documents.zip');
      expect(await textOf(download)).toMatch(/^PK[^]*Letter\.pdf/);
    });

    it.each([true, false])(
      'is shared by one link, with scripts: %s',
      async (javaScriptEnabled) => {
        const page = await open('/', { javaScriptEnabled });
        await select(page, 'Letter.pdf', 'Tide.webm');
        await page.click('text=Share…');
        await page
          .getByRole('heading', { name: 'Share 2 documents' })
          .waitFor();
        await page.click('text=Make a link');
        const link = await page.inputValue('#link');
        const guest = await open(link, { javaScriptEnabled });
        expect(await guest.textContent('h1')).toBe('2 documents');
        expect(await guest.locator('li bdi').allTextContents()).toEqual([
          'Letter.pdf',
          'Tide.webm',
        ]);
        const download = await downloadBy(guest, () => guest.click('button'));
        expect(download.suggestedFilename()).toBe('documents.zip');
        expect(await textOf(download)).toMatch(/^PK[^]*Tide\.webm/);
      },
    );

    it.each([true, false])(
      'is deleted, with scripts: %s',
      async (javaScriptEnabled) => {
        const page = await open('/', { javaScriptEnabled });
        const files = ['one.txt', 'two.txt'].map((name) => file(name, 'x'));
        await page.setInputFiles('#files', files);
        if (!javaScriptEnabled) await page.click('text=Upload');
        await documentLink(page, 'two.txt').waitFor();
        await documentLink(page, 'one.txt').waitFor();
        await select(page, 'one.txt', 'two.txt');
        await page.click('text=Delete…');
        await page
          .getByRole('heading', { name: 'Delete 2 documents?' })
          .waitFor();
        await page.click('button.danger:text-is("Delete")');
        await page.getByText('2 documents were deleted.').waitFor();
        expect(await namesIn(page)).not.toContain('one.txt');
      },
    );
  });

  it('finds documents by a part of their name, in the order that is chosen', async () => {
    const page = await open('/');
    await page.getByLabel('Search by name').fill('e');
    await page.selectOption('select', 'name');
    await page.waitForURL(/search=e&sort=name/);
    const names = await namesIn(page);
    expect(names).toEqual([...names].sort(new Intl.Collator('en').compare));
    expect(names).toContain('Prélude.wav');
    expect(names).not.toContain('Film 🎬.bin');
  });

  it.each([true, false])(
    'tags a document, and finds it by a tag, with scripts: %s',
    async (javaScriptEnabled) => {
      const page = await open('/documents/tide', { javaScriptEnabled });
      await page.click('text=Edit');
      await page.getByLabel('Tags').fill('Sea, Weather forecast');
      await page.click('text=Save');
      const tags = page.locator('dd .tags a');
      await tags.first().waitFor();
      expect(await tags.allTextContents()).toEqual(['sea', 'weather forecast']);
      await page.click('text=All documents');
      // Loaded: its script listens.
      await page.waitForURL(`${origin}/`);
      await page.selectOption('[name=tag]', 'weather forecast');
      if (!javaScriptEnabled) await page.click('button:text("Search")');
      await page.getByText('One document tagged “weather forecast”').waitFor();
      expect(await namesIn(page)).toEqual(['Tide.webm']);
      await page.click('tbody .chip');
      await page.getByText('One document tagged “sea”').waitFor();
      await page.goto(`${origin}/documents/tide/edit`);
      await page.getByLabel('Tags').fill('');
      await page.click('text=Save');
      expect(await tags.count()).toBe(0);
    },
  );

  it('lists downloads while they go on, and says how they end', async () => {
    const page = await open('/activity');
    const other = await open('/break-it');
    await other.click('[data-step=start]');
    const item = page.locator('.activity li', { hasText: 'numbers.txt' });
    await item.getByRole('progressbar').waitFor();
    expect(await item.textContent()).toMatch(/ %/);
    await other.click('[data-step=cut]');
    await item.getByText('aborted').waitFor();
    expect(await item.textContent()).toMatch(/ of 4 MB/);
  });

  it('resumes what was cut off, to the same file', async () => {
    const page = await open('/break-it');
    await page.click('[data-step=start]');
    const lines = page.locator('output div');
    await page.getByText(/200, the whole file: [1-9]/).waitFor();
    await page.click('[data-step=cut]');
    await page.getByText('cut off', { exact: false }).first().waitFor();
    await page.click('[data-step=resume]');
    await page
      .getByText('the same file to the last byte')
      .waitFor({ timeout: 25_000 });
    expect(await lines.last().textContent()).toMatch(/^206, bytes [1-9]/);
  }, 60_000);

  it.each([
    ['table.csv', 'name,price\n"a, b",1\n', 'table', /name\s+price\s+a, b\s+1/],
    ['data.json', '{"a": "<i>"}', 'pre', /^\{"a": "<i>"\}$/],
    ['notes.md', '# Notes', 'pre', /^# Notes$/],
  ])('shows %s in its page', async (name, content, element, shown) => {
    const page = await open('/');
    await page.setInputFiles('#files', await onDisk(name, content));
    await documentLink(page, name).click();
    expect(await page.locator(`.preview ${element}`).innerText()).toMatch(
      shown,
    );
  });

  it('shows a drawing, and runs nothing in it', async () => {
    const page = await open('/');
    const drawing =
      '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"><script>parent.ran = 1</script></svg>';
    await page.setInputFiles('#files', await onDisk('drawing.svg', drawing));
    await documentLink(page, 'drawing.svg').click();
    const width = () =>
      page.evaluate(`document.querySelector('.preview img').naturalWidth`);
    expect(await eventually(30, width)).toBe(30);
    expect(await page.evaluate('window.ran')).toBeUndefined();
  });

  describe('shows by its name', () => {
    const expectNamed = async (page: Page): Promise<void> => {
      const names = await page.evaluate(`
        [...document.querySelectorAll('.preview > *')].map(
          ({ alt, title, ariaLabel }) => alt || title || ariaLabel,
        )`);
      expect(names).toEqual([await page.locator('h1 bdi').textContent()]);
    };

    it('an image', async () => {
      const page = await open('/documents/sunset');
      expect(await page.evaluate('document.images[0].naturalWidth')).toBe(640);
      await expectNamed(page);
    });

    it.each([
      ['audio', 'prelude', 3],
      ['video', 'tide', 4],
    ])('%s, which guests can play, too', async (element, slug, seconds) => {
      const page = await open(NOTHING);
      for (const path of [
        `/documents/${slug}`,
        await linkTo(`/documents/${slug}/share`, 'any'),
      ]) {
        await page.goto(origin + path);
        const media = (what: string) =>
          page.evaluate(`document.querySelector('${element}').${what}`);
        const duration = await eventually(seconds, () => media('duration'));
        expect([path, duration]).toEqual([path, seconds]);
        await media('play()');
        const plays = await eventually(true, () => media('currentTime > 0.2'));
        expect([path, plays]).toEqual([path, true]);
        await expectNamed(page);
      }
    });

    it('a PDF, in its viewer', async () => {
      // Of white there is nothing on a dark page but the paper of the document.
      const page = await open(NOTHING);
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.goto(`${origin}/documents/letter`);
      const paper = () => pixelOf(page, 480, 600);
      expect(await eventually('#ffffff', paper)).toBe('#ffffff');
      await expectNamed(page);
    });

    it('a PDF to guests, on the page of their link and on one of its own', async () => {
      const path = await linkTo('/documents/letter/share', 'any');
      const guest = await open(NOTHING);
      await guest.emulateMedia({ colorScheme: 'dark' });
      await guest.goto(origin + path);
      const paper = () => pixelOf(guest, 850, 600);
      expect(await eventually('#ffffff', paper)).toBe('#ffffff');
      const [own] = await Promise.all([
        guest.waitForEvent('popup'),
        guest.getByRole('link', { name: 'Open in a new tab' }).click(),
      ]);
      expect(own.url()).toContain('/shown/');
    });

    it('a text', async () => {
      const page = await open('/documents/welcome');
      const text = page.frameLocator('iframe').locator('body');
      expect(await text.textContent()).toMatch(/^Hello!.* à bientôt/);
      await expectNamed(page);
    });
  });

  describe('shares', () => {
    it('by the keyboard alone', async () => {
      const page = await open('/documents/sunset');
      await tabTo(page, 'Share');
      await page.keyboard.press('Enter');
      const dialog = page.getByRole('dialog', { name: 'Share “Sunset.png”' });
      await dialog.waitFor();
      await page.keyboard.press('Tab');
      expect(await focused(page, 'value')).toBe('1');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      expect(await focused(page, 'value')).toBe('any');
      await tabTo(page, 'Make a link');
      await page.keyboard.press('Enter');
      await dialog.getByLabel('Link to the document').waitFor();
      const link = await page.inputValue('#link');
      expect(await focused(page, 'id')).toBe('link');
      expect(await page.evaluate('getSelection().toString()')).toBe(link);
      expect(await dialog.getByRole('status').textContent()).toMatch(
        /everybody who has it,\s*until/,
      );
      await page.keyboard.press('Escape');
      expect(await dialog.isHidden()).toBe(true);
      expect(await focused(page, 'textContent.trim()')).toBe('Share');

      const guest = await open(link);
      const download = await downloadBy(guest, () => guest.click('button'));
      expect(download.suggestedFilename()).toBe('Sunset.png');
      await guest.goto(link.replace(/.$/, ''));
      expect(await guest.textContent('h1')).toBe('This link does not work');
    });

    const oneTimeLink = async (page: Page): Promise<string> => {
      await page.click('text=Share');
      await page.check('text=one person');
      await page.click('text=Make a link');
      return page.inputValue('#link');
    };

    it('by a link that works once', async () => {
      const page = await open('/documents/letter');
      const link = await oneTimeLink(page);

      const first = await open(link);
      expect(await first.textContent('h1')).toBe('Letter.pdf');
      const download = await downloadBy(first, () => first.click('button'));
      expect(download.suggestedFilename()).toBe('Letter.pdf');
      expect(await textOf(download)).toMatch(/^%PDF-1\.4\n[^]*\n%%EOF\n$/);

      await page.goto(link);
      expect(await page.textContent('h1')).toBe('This link does not work');
      // Whoever has begun may go on: the browser is the same.
      const again = await downloadBy(first, () => first.click('button'));
      expect(again.suggestedFilename()).toBe('Letter.pdf');
      await page.goto(`${origin}/documents/letter/share`);
      expect(await page.locator('.links li').first().innerText()).toMatch(
        /used up[^]*used 1 of 1 time, last on/,
      );
    });

    it('by a link that is copied, or handed to what the device sends with', async () => {
      const page = await openAlone('/', {
        permissions: ['clipboard-read', 'clipboard-write'],
      });
      await page.addInitScript(
        'navigator.share = async (data) => (sent = data)',
      );
      await page.goto(`${origin}/documents/prelude`);
      const link = await oneTimeLink(page);
      await page.click('button:text("Copy")');
      await page.getByRole('button', { name: 'Copied' }).waitFor();
      const copied = 'navigator.clipboard.readText()';
      expect(await page.evaluate(copied)).toBe(link);
      await page.click('button:text("Send…")');
      expect(await page.evaluate('sent')).toEqual({ url: link });
      await page.context().clearPermissions();
      await page.context().grantPermissions(['clipboard-read']);
      await page.click('button:text("Copied")');
      await page.getByRole('button', { name: 'Press Ctrl+C' }).waitFor();
    });

    it('by one link, when its button is pressed twice', async () => {
      const page = await open('/documents/welcome');
      await page.click('text=Share');
      await page.check('text=one person');
      await page.dblclick('text=Make a link');
      await page.locator('#link').waitFor();
      await page.goto(`${origin}/documents/welcome/share`);
      expect(await page.locator('.links li').count()).toBe(1);
    });

    it('by a link that can be taken back', async () => {
      const page = await open('/documents/tide');
      const link = await oneTimeLink(page);
      await page.click('button:text("Take back")');
      await page.getByText('taken back').waitFor();
      const guest = await open(link);
      expect(await guest.textContent('h1')).toBe('This link does not work');
    });
  });

  describe('is usable by everybody:', () => {
    const SELECTION = '/share?slug=letter&slug=welcome&slug=tide';
    const PAGES = [
      ...['/', '/more', '/documents/sunset', '/documents/letter/share'],
      ...['/delete?slug=letter', '/documents/letter/edit', '/activity'],
      ...['/documents/nope', '/health', '/break-it', '/?search=nope'],
      ...['/links/nope', SELECTION],
    ];

    beforeAll(async () => {
      for (const [address, uses] of [
        ['/documents/sunset/share', 'any'],
        ['/documents/welcome/share', 'any'],
        ['/documents/tide/share', 'any'],
        ['/documents/letter/share', '1'],
        [SELECTION, 'any'],
      ]) {
        PAGES.push(await linkTo(address, uses));
      }
    });

    const violations = (page: Page): Promise<string[]> =>
      page.evaluate(`axe.run().then(({ violations }) =>
        violations.map(({ id, nodes }) => id + ': ' + nodes[0].html))`);
    const SCHEMES = ['light', 'dark'] as const;

    /** What is found on one page. */
    interface Found {
      readonly path: string;
      readonly violations: string[];
      readonly width: number;
      /** By the colour scheme. */
      readonly faint: Record<string, unknown>;
      readonly grounds: Record<string, string>;
      readonly tree: string;
    }
    const found: Found[] = [];

    const look = async (page: Page, path: string): Promise<Found> => {
      await page.setViewportSize(PHONE);
      await page.goto(origin + path);
      // Its own way into the page: the policy of the pages lets no foreign script in.
      await page.evaluate(AXE);
      const seen: Found = {
        path,
        violations: await violations(page),
        width: await page.evaluate<number>('document.body.scrollWidth'),
        faint: {},
        grounds: {},
        tree: await page.locator('body').ariaSnapshot(),
      };
      await page.setViewportSize(DESK);
      for (const colorScheme of SCHEMES) {
        await page.emulateMedia({ colorScheme });
        // Colours may pass from one to the other by degrees.
        await page.evaluate(
          'Promise.all(document.getAnimations().map(({ finished }) => finished))',
        );
        seen.faint[colorScheme] = await page.evaluate(FAINT_TEXTS);
        seen.grounds[colorScheme] = await page.evaluate<string>(
          'getComputedStyle(document.body).backgroundColor',
        );
      }
      await page.emulateMedia({ colorScheme: null });
      return seen;
    };

    beforeAll(async () => {
      const page = await open(NOTHING);
      for (const path of PAGES) found.push(await look(page, path));
    }, 90_000);

    it.each(SCHEMES)('its texts can be read on a %s ground', (colorScheme) => {
      for (const { path, faint, grounds } of found) {
        expect([path, faint[colorScheme]]).toEqual([path, []]);
        const [red] = /\d+/.exec(grounds[colorScheme]) ?? [];
        expect(Number(red) > 128).toBe(colorScheme === 'light');
      }
    });

    it('axe finds nothing on pages that a phone shows', () => {
      expect(found.length).toBe(PAGES.length);
      for (const { path, violations } of found) {
        expect([path, violations]).toEqual([path, []]);
      }
    });

    it('axe finds nothing on pages that have room for more, or beside it', async () => {
      const page = await open(NOTHING);
      const film = await linkTo('/documents/tide/share', 'any');
      for (const path of ['/', '/documents/sunset', film]) {
        await page.goto(origin + path);
        await page.evaluate(AXE);
        expect([path, await violations(page)]).toEqual([path, []]);
      }
    });

    it('axe finds nothing where a link has just been made', async () => {
      const page = await open('/documents/sunset/share');
      await page.click('text=Make a link');
      await page.click('summary:text("QR code")');
      await page.getByRole('img', { name: 'QR code of the link' }).waitFor();
      await page.evaluate(AXE);
      expect(await violations(page)).toEqual([]);
    });

    it('every page has one heading of its own, and every control a name', () => {
      for (const { path, tree } of found) {
        expect([path, tree.match(/- heading .*\[level=1\]/g)]).toEqual([
          path,
          [expect.any(String)],
        ]);
        const controls =
          /- (?:link|button|textbox|searchbox|combobox|checkbox|radio|table|img|iframe)\b.*/g;
        const nameless = tree
          .match(controls)
          ?.filter((control) => !/^- \w+ "./.test(control));
        expect([path, nameless]).toEqual([path, []]);
        expect(tree).toMatch(/^- main/m);
      }
    });

    it('its keyboard users skip what is on every page', async () => {
      const page = await open('/');
      await page.keyboard.press('Tab');
      expect(await focused(page, 'textContent')).toBe('Skip to the content');
      await page.keyboard.press('Enter');
      expect(await focused(page, 'localName')).toBe('main');
    });

    it('nothing is wider than a phone', () => {
      for (const { path, width } of found) {
        expect([path, width]).toEqual([path, PHONE.width]);
      }
    });
  });
});
