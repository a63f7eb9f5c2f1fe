import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  type LimitedLink,
  type LimitedLinkPage,
} from 'nestjs-downloadview/typeorm';

import { directories } from '../directories.js';
import { type Document } from '../documents/document.entity.js';
import { type Shown } from '../documents/previews.service.js';
import { badge } from './badge.js';
import { html, type Markup, verbatim } from './html.js';
import { icon } from './icons.js';
import { kindOf, readableKind } from './kind.js';
import { layout } from './layout.js';
import { guestPreview } from './preview.js';
import { readableSize, readableTerm, readableTime } from './readable.js';

// The library lets the page of a link load neither a style sheet nor an icon: it holds both.
const [styles, drawing] = ['library.css', 'icon.svg'].map((name) =>
  readFileSync(join(directories.static, name), 'utf8'),
);
const head = html`<link
    rel="icon"
    href="data:image/svg+xml,${encodeURIComponent(drawing)}"
  />
  <style>
    ${verbatim(styles)}
  </style>`;

export interface Shared {
  readonly document: Document;
  /** What those who get the link are told. */
  readonly message?: string;
  /** What the page shows of the content. */
  readonly shown?: Shown;
}

/** What somebody sees who has nothing but a link. */
export function guestPage(page: LimitedLinkPage, shared: Shared): string {
  const { document, shown } = shared;
  return layout({
    title: page.name,
    guest: true,
    head,
    content: html`${offer(page, shared)}
    ${
      shown
        ? html`<section class="card preview" aria-label="Preview">
            ${guestPreview(document, shown)}
          </section>`
        : undefined
    }`,
  });
}

function offer(
  { name, size, link, continuedUntil }: LimitedLinkPage,
  { document: { contentType }, message, shown }: Shared,
): Markup {
  const isPdf = kindOf(contentType) === 'pdf';
  const kind = readableKind(name, contentType);
  return html`<section class="card offer" aria-label="The document">
    ${badge(name, contentType)}
    <h1><bdi>${name}</bdi></h1>
    <p class="muted">
      ${size === undefined ? kind : `${kind} · ${readableSize(size)}`}
    </p>
    ${greeting(link.creator, message)}
    <form method="post">
      <button class="main">
        ${icon('download')}
        ${continuedUntil ? 'Continue the download' : 'Download'}
      </button>
    </form>
    ${isPdf && shown && 'source' in shown ? openLink(shown.source) : undefined}
    ${continuedUntil ? begun(continuedUntil) : fresh(link)}
  </section>`;
}

function greeting(sender: string | null, message?: string): Markup {
  return html`${
    sender
      ? html`<p>
          From <strong><bdi>${sender}</bdi></strong>
        </p>`
      : undefined
  }
  ${message ? html`<blockquote>${message}</blockquote>` : undefined}`;
}

/** Phones have little room for a PDF in a page, and some browsers show none there. */
function openLink(source: string): Markup {
  return html`<a class="button" href="${source}" target="_blank"
    >${icon('open')} Open<span class="hidden"> in a new tab</span></a
  >`;
}

function fresh({ maxUses, used, expiresAt }: LimitedLink): Markup {
  return html`${maxUses === null ? undefined : counted(maxUses - used)}
  ${
    expiresAt
      ? html`<p class="muted">
          The link works until ${time(expiresAt)}, ${readableTerm(expiresAt)}.
        </p>`
      : undefined
  }`;
}

function counted(left: number): Markup {
  return html`<p>
    ${
      left === 1
        ? 'The link works once: save the document when you download it. Nothing of it is shown before.'
        : `The link works for ${left} more people. Nothing of the document is shown before it is downloaded.`
    }
    If the download breaks off, come back here with the same browser, and it
    goes on.
  </p>`;
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
