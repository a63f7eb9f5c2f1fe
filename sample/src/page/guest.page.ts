import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  type LimitedLink,
  type LimitedLinkPage,
} from 'nestjs-downloadview/typeorm';

import { directories } from '../directories.js';
import { type Document } from '../documents/document.entity.js';
import { type Listed, type Shown } from '../documents/previews.service.js';
import { badge } from './badge.js';
import { html, type Markup, verbatim } from './html.js';
import { icon } from './icons.js';
import { type Kind, kindOf, opensByItself, readableKind } from './kind.js';
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

/** What is read or looked at better by itself. Films and sounds are played in the page. */
const READ: readonly Kind[] = ['image', 'pdf', 'text'];

interface Shared {
  readonly document: Document;
  /** What the page shows of the content. */
  readonly shown?: Shown;
  /** Where the document is seen by itself. */
  readonly address?: string;
}

/**
 * What somebody sees who has nothing but a link.
 *
 * @param message what they are told by whoever made it
 */
export function guestPage(
  page: LimitedLinkPage,
  { document, shown, address }: Shared,
  message?: string,
): string {
  const { name } = page;
  const { contentType } = document;
  const kind = kindOf(contentType);
  const words = readableKind(name, contentType);
  return layout({
    title: name,
    description: factsOf(words, page),
    guest: true,
    head,
    content: html`<section class="card offer" aria-label="The document">
        ${badge(name, contentType)}
        <h1><bdi>${name}</bdi></h1>
        <p class="muted">${factsOf(words, page)}</p>
        ${greeting(page, message)} ${downloadForm(page)}
        ${address && READ.includes(kind) ? openLink(address) : undefined}
        ${terms(page)}
      </section>
      ${
        shown
          ? html`<section class="card preview" aria-label="Preview">
              ${guestPreview(document, shown)}
            </section>`
          : undefined
      }`,
  });
}

/** The same for a link to several documents. */
export function selectionPage(
  page: LimitedLinkPage,
  list: readonly Listed[],
  message?: string,
): string {
  const title = list.length === 1 ? 'One document' : `${list.length} documents`;
  const facts = factsOf('ZIP file', page);
  return layout({
    title,
    description: facts,
    guest: true,
    head,
    content: html`<section class="card offer" aria-label="The documents">
      ${badge(page.name, '')}
      <h1>${title}</h1>
      <p class="muted">${facts}</p>
      ${greeting(page, message)} ${downloadForm(page, 'Download all')}
      ${terms(page)}
      <ul class="plain" aria-label="Contents">
        ${list.map(listItem)}
      </ul>
    </section>`,
  });
}

function listItem({ document, thumbnail, address }: Listed): Markup {
  const { name, size, contentType } = document;
  const opens = opensByItself(kindOf(contentType));
  const picture = html`<img src="${thumbnail}" alt="" />`;
  return html`<li>
    <span class="named"
      >${badge(name, contentType, thumbnail ? picture : undefined)}
      <span
        >${
          address && opens
            ? html`<a href="${address}" target="_blank"
                ><bdi>${name}</bdi><span class="hidden"> in a new tab</span></a
              >`
            : html`<bdi>${name}</bdi>`
        }
        <small
          >${readableKind(name, contentType)} · ${readableSize(size)}</small
        ></span
      ></span
    >
  </li>`;
}

function factsOf(kind: string, { size }: LimitedLinkPage): string {
  return size === undefined ? kind : `${kind} · ${readableSize(size)}`;
}

function greeting({ link }: LimitedLinkPage, message?: string): Markup {
  return html`${
    link.creator
      ? html`<p>
          From <strong><bdi>${link.creator}</bdi></strong>
        </p>`
      : undefined
  }
  ${message ? html`<blockquote>${message}</blockquote>` : undefined}`;
}

function downloadForm(
  { continuedUntil }: LimitedLinkPage,
  label = 'Download',
): Markup {
  return html`<form method="post">
    <button class="main">
      ${icon('download')} ${continuedUntil ? 'Continue the download' : label}
    </button>
  </form>`;
}

function terms({ link, continuedUntil }: LimitedLinkPage): Markup {
  return continuedUntil ? begun(continuedUntil) : fresh(link);
}

/** For what a page has little room for; a PDF some browsers do not show in one at all. */
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
        ? 'The link works once: save what you download. Nothing of it is shown before.'
        : `The link works for ${left} more people. Nothing of what they download is shown before.`
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
