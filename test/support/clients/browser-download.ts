import { EventEmitter, once } from 'node:events';

/** What the browser says of a download now and then. */
export interface DownloadProgress {
  readonly state: 'inProgress' | 'completed' | 'canceled';
  readonly receivedBytes: number;
  readonly filePath?: string;
}

/** A file that a browser saves, or tries to. */
export class BrowserDownload {
  readonly #changes = new EventEmitter();
  #latest: DownloadProgress = { state: 'inProgress', receivedBytes: 0 };

  constructor(
    /** The name that it would get in an empty directory. */
    readonly suggestedName: string,
    /** How the browser calls it. */
    readonly guid: string,
  ) {}

  progress(latest: DownloadProgress): void {
    this.#latest = latest;
    this.#changes.emit('progress');
  }

  /** Settles when at least so many bytes have arrived. */
  async received(bytes: number): Promise<void> {
    await this.#until(({ receivedBytes }) => receivedBytes >= bytes);
  }

  /** Where the file lies, once it is whole. */
  async saved(): Promise<string> {
    const { filePath } = await this.#until(
      ({ state }) => state === 'completed',
    );
    return filePath ?? '';
  }

  /** Settles when the browser has given up, until somebody tells it to go on. */
  async interrupted(): Promise<void> {
    await this.#until(({ state }) => state === 'canceled');
  }

  async #until(
    condition: (progress: DownloadProgress) => boolean,
  ): Promise<DownloadProgress> {
    while (!condition(this.#latest)) await once(this.#changes, 'progress');
    return this.#latest;
  }
}
