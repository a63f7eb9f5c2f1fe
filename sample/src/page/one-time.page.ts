import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { type LimitedLinkPage } from 'nestjs-downloadview/typeorm';

import { directories } from '../directories.js';
import { html, verbatim } from './html.js';
import { layout } from './layout.js';
import { readableSize } from './readable.js';

// The page of a link may load nothing: the library forbids it.
const styles = readFileSync(join(directories.static, 'library.css'), 'utf8');
const head = html`<link rel="icon" href="data:," />
  <style>
    ${verbatim(styles)}
  </style>`;

/** What a link for one download shows before it is used. */
export function oneTimePage({ name, size }: LimitedLinkPage): string {
  return layout({
    title: name,
    guest: true,
    head,
    content: html`<h1><bdi>${name}</bdi></h1>
      <p>
        Somebody shares this document with you. The link works once: save the
        document when you download it.
      </p>
      <form class="actions" method="post">
        <button class="main">
          Download${size === undefined ? '' : ` (${readableSize(size)})`}
        </button>
      </form>`,
  });
}
