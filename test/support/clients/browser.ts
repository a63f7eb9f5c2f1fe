import { join } from 'node:path';

import {
  type BrowserContext,
  type CDPSession,
  chromium,
  type Page,
} from 'playwright-core';

import { BrowserDownload } from './browser-download.js';
import { findProgram } from '../programs.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../files/temporary-directory.js';

export const FLAGS = [
  // Containers do not let it build its sandbox, and have neither a graphics card nor a proxy to 127.0.0.1.
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-proxy-server'],
  // It talks to nobody but the tests.
  ...['--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
];

/** A Chromium without a window: a profile of its own, and downloads as a user has them. */
export class Browser {
  readonly #downloads = new Map<string, BrowserDownload>();
  #session?: CDPSession;
  readonly #awaited = new Map<string, (download: BrowserDownload) => void>();

  private constructor(
    private readonly directory: TemporaryDirectory,
    private readonly context: BrowserContext,
    readonly tab: Page,
  ) {}

  static async start(): Promise<Browser> {
    const directory = await temporaryDirectory();
    await directory.write(
      'profile/Default/Preferences',
      JSON.stringify({
        download: {
          default_directory: join(directory.path, 'saved'),
          prompt_for_download: false,
        },
      }),
    );
    const context = await chromium.launchPersistentContext(
      join(directory.path, 'profile'),
      {
        executablePath: findProgram('chromium'),
        args: FLAGS,
        // Without a locale it takes file names for ASCII.
        env: {
          PATH: process.env.PATH,
          HOME: directory.path,
          TMPDIR: directory.path,
          LANG: 'C.UTF-8',
        },
      },
    );
    context.setDefaultTimeout(10_000);
    const [tab] = context.pages();
    const browser = new Browser(directory, context, tab);
    await browser.#watchDownloads();
    return browser;
  }

  /** All that it has saved, or tried to. */
  get downloads(): readonly BrowserDownload[] {
    return [...this.#downloads.values()];
  }

  /** What it saves from there because of this. */
  async downloadBy(
    action: () => Promise<unknown>,
    url: string,
  ): Promise<BrowserDownload> {
    const begun = new Promise<BrowserDownload>((resolve) =>
      this.#awaited.set(new URL(url).href, resolve),
    );
    await action();
    return begun;
  }

  /** Follows a link to a file that it saves. */
  async downloadFrom(url: string): Promise<BrowserDownload> {
    await this.tab.goto('about:blank');
    await this.tab.setContent(`<a href="${url}">Download</a>`);
    return this.downloadBy(() => this.tab.click('a'), url);
  }

  /**
   * Presses "Resume" at the newest download, on the page where a user finds it, and gives the file as soon
   * as that page can show it: of a download that was interrupted the protocol says nothing more.
   */
  async resume({ suggestedName }: BrowserDownload): Promise<string> {
    await this.tab.goto('chrome://downloads');
    const newest = this.tab.locator('downloads-item').first();
    await newest.getByRole('button', { name: 'More actions' }).click();
    await newest.getByRole('menuitem', { name: 'Resume' }).click();
    await newest.getByRole('button', { name: 'Show in folder' }).waitFor();
    return join(this.directory.path, 'saved', suggestedName);
  }

  /** As its user presses "Cancel". */
  async cancel({ guid }: BrowserDownload): Promise<void> {
    await this.#session?.send('Browser.cancelDownload', { guid });
  }

  async stop(): Promise<void> {
    await this.context.close();
    await this.directory.remove();
  }

  /** Leaves the downloads to the browser itself: they are not taken out of its hands. */
  async #watchDownloads(): Promise<void> {
    const session = await this.context.browser()!.newBrowserCDPSession();
    this.#session = session;
    session.on('Browser.downloadWillBegin', (event) => {
      const download = new BrowserDownload(event.suggestedFilename, event.guid);
      this.#downloads.set(event.guid, download);
      this.#awaited.get(event.url)?.(download);
    });
    session.on('Browser.downloadProgress', (event) =>
      this.#downloads.get(event.guid)?.progress(event),
    );
    await session.send('Browser.setDownloadBehavior', {
      behavior: 'default',
      eventsEnabled: true,
    });
  }
}
