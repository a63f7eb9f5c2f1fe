import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { type LimitedLinkPage } from 'nestjs-downloadview/typeorm';

import { directories } from '../directories.js';
import { badge } from './badge.js';
import { html, type Markup, verbatim } from './html.js';
import { layout } from './layout.js';
import { readableSize, readableTime } from './readable.js';

// The page of a link may load nothing: the library forbids it.
const styles = readFileSync(join(directories.static, 'library.css'), 'utf8');
const head = html`<link rel="icon" href="data:," />
  <style>
    ${verbatim(styles)}
  </style>`;

/** What somebody sees who has nothing but a link. */
export function guestPage(page: LimitedLinkPage, contentType: string): string {
  const { name, size, continuedUntil } = page;
  const [type] = contentType.split(';');
  const facts = size === undefined ? type : `${readableSize(size)} · ${type}`;
  return layout({
    title: name,
    guest: true,
    head,
    content: html`${badge(name, contentType)}
      <h1><bdi>${name}</bdi></h1>
      <p class="muted">${facts}</p>
      <form method="post">
        <button class="main">
          ${continuedUntil ? 'Continue the download' : 'Download'}
        </button>
      </form>
      ${continuedUntil ? begun(continuedUntil) : fresh(page)}`,
  });
}

function fresh({
  link: { maxUses, used, expiresAt },
}: LimitedLinkPage): Markup {
  const left = maxUses === null ? undefined : maxUses - used;
  return html`<p>
      ${
        left === 1
          ? 'The link works once: save the document when you download it.'
          : undefined
      }
      If the download breaks off, come back here with the same browser, and it
      goes on.
    </p>
    ${
      expiresAt
        ? html`<p class="muted">The link works until ${time(expiresAt)}.</p>`
        : undefined
    }`;
}

function begun(until: Date): Markup {
  return html`<p>
    You have used this link. The download can be continued until ${time(until)}.
  </p>`;
}

function time(date: Date): Markup {
  return html`<time datetime="${date.toISOString()}"
    >${readableTime(date)}</time
  >`;
}
