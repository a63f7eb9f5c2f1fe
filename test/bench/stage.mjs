import { startChild } from './child.mjs';
import { SERVERS } from './servers.mjs';

/** The servers and the client of one row. Whatever is asked for is started, once. */
export class Stage {
  #running = new Map();

  constructor(directory) {
    this.directory = directory;
  }

  server(name) {
    return this.#once(name, () => SERVERS[name].start(this));
  }

  client() {
    return this.#once('client', () => startChild('load/client.mjs'));
  }

  /** A server that has not served yet; the caller ends it. */
  fresh(name) {
    return SERVERS[name].start(this);
  }

  async stop() {
    const running = [...this.#running.values()].reverse();
    for (const { stop } of running) await stop();
  }

  async #once(name, start) {
    if (!this.#running.has(name)) this.#running.set(name, await start());
    return this.#running.get(name);
  }
}
