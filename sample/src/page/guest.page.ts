import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  type LimitedLink,
  type LimitedLinkPage,
} from 'nestjs-downloadview/typeorm';

import { directories } from '../directories.js';
import { type Document } from '../documents/document.entity.js';
import { type Embedded } from '../documents/previews.service.js';
import { badge } from './badge.js';
import { html, type Markup, verbatim } from './html.js';
import { icon } from './icons.js';
import { layout } from './layout.js';
import { embeddedPreview } from './preview.js';
import { readableSize, readableTime } from './readable.js';

// The page of a link may load nothing: the library forbids it.
const styles = readFileSync(join(directories.static, 'library.css'), 'utf8');
const head = html`<link rel="icon" href="data:," />
  <style>
    ${verbatim(styles)}
  </style>`;

/**
 * What somebody sees who has nothing but a link.
 *
 * @param shown what the page shows of the content
 */
export function guestPage(
  page: LimitedLinkPage,
  document: Document,
  shown?: Embedded,
): string {
  const { name, size, link, continuedUntil } = page;
  const { contentType } = document;
  const [type] = contentType.split(';');
  const facts = size === undefined ? type : `${readableSize(size)} · ${type}`;
  return layout({
    title: name,
    guest: true,
    head,
    content: html`${badge(name, contentType)}
      <h1><bdi>${name}</bdi></h1>
      <p class="muted">${facts}</p>
      ${expiry(link)}
      <form method="post">
        <button class="main">
          ${icon('download')}
          ${continuedUntil ? 'Continue the download' : 'Download'}
        </button>
      </form>
      ${continuedUntil ? begun(continuedUntil) : fresh(link)}
      ${
        shown
          ? html`<section class="card preview" aria-label="Preview">
              ${embeddedPreview(document, shown)}
            </section>`
          : undefined
      }`,
  });
}

function expiry({ expiresAt }: LimitedLink): Markup | undefined {
  return expiresAt
    ? html`<p class="muted">The link works until ${time(expiresAt)}.</p>`
    : undefined;
}

function fresh({ maxUses, used }: LimitedLink): Markup {
  return html`<p>
    ${maxUses === null ? undefined : counted(maxUses - used)} If the download
    breaks off, come back here with the same browser, and it goes on.
  </p>`;
}

function counted(left: number): string {
  return left === 1
    ? 'The link works once: save the document when you download it. Nothing of it is shown before.'
    : `The link works for ${left} more people. Nothing of the document is shown before it is downloaded.`;
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
