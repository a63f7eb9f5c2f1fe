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

/** The link that was just made, a form for another, and all that there are. */
export function sharePage(
  { name, slug }: Document,
  links: readonly ListedLink[],
  made?: SharedLink,
): string {
  return layout({
    title: `Share ${name}`,
    dialog: true,
    content: html`<h1>Share “<bdi>${name}</bdi>”</h1>
      ${made ? madeLink(made) : undefined}
      <form action="/documents/${slug}/share" method="post">
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
          <a class="button" href="/documents/${slug}" data-closes-dialog
            >Close</a
          >
        </div>
      </form>
      ${links.length ? linkList(slug, links) : undefined}`,
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

function madeLink({ url, link }: SharedLink): Markup {
  return html`<div class="made">
    <label class="field" for="link">Link to the document</label>
    <div class="actions">
      <input id="link" type="url" value="${url}" readonly autofocus />
      <button class="main" type="button" data-copies="link" data-script hidden>
        Copy
      </button>
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

function linkList(slug: string, links: readonly ListedLink[]): Markup {
  return html`<ul class="plain links" aria-label="Links to the document">
    ${links.map((listed) => linkItem(slug, listed))}
  </ul>`;
}

function linkItem(slug: string, { link, lastUse }: ListedLink): Markup {
  const { id, note, createdAt, maxUses, used, state } = link;
  const [look, text] = STATES[state];
  return html`<li>
    <span>
      ${note ?? html`Link of ${time(createdAt)}`}
      <span class="chip ${look}">${text}</span>
      <small
        >used ${used}${maxUses === null ? undefined : ` of ${maxUses}`}
        ${used === 1 || maxUses === 1 ? 'time' : 'times'}${
          lastUse ? lastText(lastUse) : undefined
        }${untilText(link)}</small
      >
    </span>
    ${state === 'open' ? revokeButton(slug, id) : undefined}
  </li>`;
}

/** Its client is an address and a program, where it is known. */
function lastText({ begunAt, client }: LimitedLinkUse): Markup {
  const address = client?.split(' ', 1)[0];
  return html`, last on
  ${time(begunAt)}${address ? ` from ${address}` : undefined}`;
}

function revokeButton(slug: string, id: string): Markup {
  return html`<form
    action="/documents/${slug}/share/${id}/revoke"
    method="post"
  >
    <button class="danger">Take back</button>
  </form>`;
}
