import { type ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';

import { Injectable, NotFoundException } from '@nestjs/common';

/** Of the location of the public files. Nobody learns of a file what they could not have had anyway. */
const LINE = /^(\s*location \^~ \/_public\/ \{\n)\s*internal;.*\n/m;

/** An nginx that was started here, and the configuration that was written for it. */
export interface StartedNginx {
  readonly child: ChildProcess;
  readonly path: string;
  readonly text: string;
}

/** The line in the configuration of nginx that keeps everybody out of the place where it finds a file. */
@Injectable()
export class InternalLine {
  /** Undefined where no nginx was started here: what others have set up is not the sample's to change. */
  nginx?: StartedNginx;
  #isThere = true;
  #last: Promise<void> = Promise.resolve();

  get isThere(): boolean {
    return this.#isThere;
  }

  /** Takes it away, or puts it back; settles when nginx goes by that. */
  set(isThere: boolean): Promise<void> {
    const { nginx } = this;
    if (!nginx) throw new NotFoundException();
    const set = this.#last.then(async () => {
      const { child, path, text } = nginx;
      await writeFile(path, isThere ? text : text.replace(LINE, '$1'));
      await reload(child);
      this.#isThere = isThere;
    });
    this.#last = set.catch(() => undefined);
    return set;
  }
}

/** Settles when as many workers have left as have come: until then some still go by what was before. */
function reload(nginx: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    const countOf = (line: RegExp): number => log.match(line)?.length ?? 0;
    const read = (text: Buffer): void => {
      log += text.toString();
      const come = countOf(/start worker process \d/g);
      const left = countOf(/gracefully shutting down/g);
      const failed = log.includes('[emerg]');
      if (!failed && (come === 0 || left < come)) return;
      nginx.stderr?.off('data', read);
      if (failed) reject(new Error('nginx did not take its configuration.'));
      else resolve();
    };
    nginx.stderr?.on('data', read);
    nginx.kill('SIGHUP');
  });
}
