import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { type LimitedLinkPage } from 'nestjs-downloadview/typeorm';

import { directories } from '../directories.js';
import { html, type Markup, verbatim } from './html.js';
import { layout } from './layout.js';
import { readableSize, readableTime } from './readable.js';

// The page of a link may load nothing: the library forbids it.
const styles = readFileSync(join(directories.static, 'library.css'), 'utf8');
const head = html`<link rel="icon" href="data:," />
  <style>
    ${verbatim(styles)}
  </style>`;

const fresh = html`<p>
  Somebody shares this document with you. The link works once: save the document
  when you download it. If the download breaks off, come back here with the same
  browser.
</p>`;

function begun(until: Date): Markup {
  return html`<p>
    You have used this link. The download can be continued until
    <time datetime="${until.toISOString()}">${readableTime(until)}</time>.
  </p>`;
}

/** What a link for one download shows before it is used. */
export function oneTimePage({
  name,
  size,
  continuedUntil,
}: LimitedLinkPage): string {
  const verb = continuedUntil ? 'Continue the download' : 'Download';
  return layout({
    title: name,
    guest: true,
    head,
    content: html`<h1><bdi>${name}</bdi></h1>
      ${continuedUntil ? begun(continuedUntil) : fresh}
      <form class="actions" method="post">
        <button class="main">
          ${verb}${size === undefined ? '' : ` (${readableSize(size)})`}
        </button>
      </form>`,
  });
}
