import {
  type LimitedLink,
  type LimitedLinkUse,
} from 'nestjs-downloadview/typeorm';

import { type Document } from '../documents/document.entity.js';
import {
  type ListedLink,
  type SharedLink,
} from '../sharing/sharing.service.js';
import { html, type Markup } from './html.js';
import { layout } from './layout.js';
import { nameList } from './name-list.js';
import { qrCode } from './qr-code.js';
import { readableTime } from './readable.js';

type Choice = readonly [value: string, label: string];

const USES: readonly Choice[] = [
  ['1', 'one person'],
  ['5', 'five people'],
  ['any', 'everybody who has it'],
];
const TERMS: readonly Choice[] = [
  ['hour', 'an hour'],
  ['day', 'a day'],
  ['week', 'a week'],
  ['month', '30 days'],
];

/** Where the dialog is for one document, or for a selection. */
export function shareAddress(
  documents: readonly Document[],
  action = '',
): string {
  const slugs = documents.map(({ slug }) => slug);
  if (slugs.length === 1) return `/documents/${slugs[0]}/share${action}`;
  return `/share${action}?${slugs.map((slug) => `slug=${slug}`).join('&')}`;
}

/** The link that was just made, a form for another, and all that there are. */
export function sharePage(
  documents: readonly Document[],
  links: readonly ListedLink[],
  made?: SharedLink,
): string {
  const [{ name, slug }] = documents;
  const one = documents.length === 1;
  return layout({
    title: one ? `Share ${name}` : `Share ${documents.length} documents`,
    dialog: true,
    content: html`<h1>
        Share
        ${one ? html`“<bdi>${name}</bdi>”` : `${documents.length} documents`}
      </h1>
      ${one ? undefined : nameList(documents)}
      ${made ? madeLink(made, one) : undefined}
      <form action="${shareAddress(documents)}" method="post">
        ${choices('uses', made ? 'Another link is for' : 'The link is for', USES)}
        ${choices('term', 'It works for', TERMS)}
        <label class="field" for="label">Label, for this list only</label>
        <input
          class="wider"
          id="label"
          name="label"
          type="text"
          maxlength="100"
          placeholder="Who gets it?"
        />
        <details>
          <summary>Add your name and a message</summary>
          <label class="field" for="sender">Your name</label>
          <input
            class="wider"
            id="sender"
            name="sender"
            type="text"
            maxlength="100"
            autocomplete="name"
          />
          <label class="field" for="message">Message</label>
          <textarea
            class="wider"
            id="message"
            name="message"
            rows="3"
            maxlength="1000"
          ></textarea>
        </details>
        <div class="actions">
          <button ${made ? undefined : html`class="main"`}>Make a link</button>
          <a
            class="button"
            href="${one ? `/documents/${slug}` : '/'}"
            data-closes-dialog
            >Close</a
          >
        </div>
      </form>
      ${links.length ? linkList(documents, links) : undefined}`,
  });
}

/** The first is chosen. */
function choices(name: string, legend: string, all: readonly Choice[]): Markup {
  return html`<fieldset>
    <legend>${legend}</legend>
    ${all.map(
      ([value, label], index) =>
        html`<label
          ><input
            type="radio"
            name="${name}"
            value="${value}"
            required
            ${index ? undefined : html`checked`}
          />
          ${label}</label
        >`,
    )}
  </fieldset>`;
}

function madeLink({ url, link }: SharedLink, one: boolean): Markup {
  return html`<div class="made">
    <label class="field" for="link"
      >Link to the ${one ? 'document' : 'documents'}</label
    >
    <div class="actions">
      <input id="link" type="url" value="${url}" readonly autofocus />
      <button
        class="main"
        type="button"
        data-copies="link"
        data-script
        aria-live="polite"
        hidden
      >
        Copy
      </button>
      <button type="button" data-sends="link" data-script hidden>Send…</button>
    </div>
    <p class="muted" role="status">
      Works for ${audienceOf(link)}${untilText(link)}. Copy it now: it is kept
      nowhere.
    </p>
    <details>
      <summary>QR code</summary>
      ${qrCode(url, 'QR code of the link')}
    </details>
  </div>`;
}

function audienceOf({ maxUses }: LimitedLink): string {
  if (maxUses === null) return 'everybody who has it';
  return maxUses === 1 ? 'one person' : `${maxUses} people`;
}

function untilText({ expiresAt }: LimitedLink): Markup | undefined {
  return expiresAt ? html`, until ${time(expiresAt)}` : undefined;
}

function time(date: Date): Markup {
  return html`<time datetime="${date.toISOString()}"
    >${readableTime(date)}</time
  >`;
}

const STATES = {
  open: ['good', 'open'],
  'used-up': ['', 'used up'],
  revoked: ['bad', 'taken back'],
  expired: ['', 'expired'],
};

function linkList(
  documents: readonly Document[],
  links: readonly ListedLink[],
): Markup {
  return html`<ul class="plain links" aria-label="Links">
    ${links.map((listed) => linkItem(documents, listed))}
  </ul>`;
}

function linkItem(
  documents: readonly Document[],
  { link, count, lastUse }: ListedLink,
): Markup {
  const { id, note, createdAt, state } = link;
  const [look, text] = STATES[state];
  const others = count - documents.length;
  return html`<li>
    <span>
      ${note ?? html`Link of ${time(createdAt)}`}
      <span class="chip ${look}">${text}</span>
      <small
        >${others ? `with ${others} more, ` : undefined}${usesText(link)}${
          lastUse ? lastText(lastUse) : undefined
        }${untilText(link)}</small
      >
    </span>
    ${state === 'open' ? revokeButton(shareAddress(documents, `/${id}/revoke`)) : undefined}
  </li>`;
}

function usesText({ maxUses, used }: LimitedLink): string {
  const of = maxUses === null ? '' : ` of ${maxUses}`;
  return `used ${used}${of} ${used === 1 || maxUses === 1 ? 'time' : 'times'}`;
}

/** Its client is an address and a program, where it is known. */
function lastText({ begunAt, client }: LimitedLinkUse): Markup {
  const address = client?.split(' ', 1)[0];
  return html`, last on
  ${time(begunAt)}${address ? ` from ${address}` : undefined}`;
}

function revokeButton(action: string): Markup {
  return html`<form action="${action}" method="post">
    <button class="danger">Take back</button>
  </form>`;
}
