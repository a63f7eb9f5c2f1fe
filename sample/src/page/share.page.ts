import { type LimitedLink } from 'nestjs-downloadview/typeorm';

import { type Document } from '../documents/document.entity.js';
import { type SharedLink } from '../sharing/sharing.service.js';
import { html, type Markup } from './html.js';
import { layout } from './layout.js';
import { readableTime } from './readable.js';

type Term = readonly [value: string, label: string];

const TERMS: readonly Term[] = [
  ['hour', 'for an hour'],
  ['day', 'for a day'],
  ['week', 'for a week'],
  ['once', 'for one download, within a week'],
];

/** The link that was just made, a form for another, and what can be taken back. */
export function sharePage(
  { name, slug }: Document,
  links: readonly LimitedLink[],
  made?: SharedLink,
): string {
  return layout({
    title: `Share ${name}`,
    dialog: true,
    content: html`<h1>Share “<bdi>${name}</bdi>”</h1>
      ${made ? madeLink(made) : undefined}
      <form action="/documents/${slug}/share" method="post">
        <fieldset>
          <legend>${made ? 'Another link works' : 'The link works'}</legend>
          ${TERMS.map((term) => choice(term, made?.term ?? 'hour'))}
        </fieldset>
        <div class="actions">
          <button ${made ? undefined : html`class="main"`}>Make a link</button>
          <a class="button" href="/documents/${slug}" data-closes-dialog
            >Close</a
          >
        </div>
      </form>
      ${links.length === 0 ? undefined : linkTable(slug, links)}`,
  });
}

function choice([value, label]: Term, chosen: string): Markup {
  return html`<label
    ><input
      type="radio"
      name="term"
      value="${value}"
      required
      ${value === chosen ? html`checked` : undefined}
    />
    ${label}</label
  >`;
}

function madeLink({ url, term, expiresAt }: SharedLink): Markup {
  return html`<div class="made">
    <label for="link">Link to the document</label>
    <div class="actions">
      <input id="link" type="url" value="${url}" readonly autofocus />
      <button type="button" data-copies="link" data-script hidden>Copy</button>
    </div>
    <p class="muted" role="status">
      ${term === 'once' ? 'Works for one download' : 'Works for everybody who has it'},
      until
      <time datetime="${expiresAt.toISOString()}"
        >${readableTime(expiresAt)}</time
      >.
    </p>
  </div>`;
}

const STATES = {
  open: 'open',
  'used-up': 'used',
  revoked: 'taken back',
  expired: 'expired',
};

function linkTable(slug: string, links: readonly LimitedLink[]): Markup {
  return html`<table class="links">
    <caption>
      Links for one download
    </caption>
    <thead>
      <tr>
        <th scope="col">Made</th>
        <th scope="col">State</th>
        <th scope="col"><span class="hidden">Take back</span></th>
      </tr>
    </thead>
    <tbody>
      ${links.map((link) => linkRow(slug, link))}
    </tbody>
  </table>`;
}

function linkRow(slug: string, { id, createdAt, state }: LimitedLink): Markup {
  return html`<tr>
    <td>
      <time datetime="${createdAt.toISOString()}"
        >${readableTime(createdAt)}</time
      >
    </td>
    <td>${STATES[state]}</td>
    <td class="number">
      ${state === 'open' ? revokeButton(slug, id) : undefined}
    </td>
  </tr>`;
}

function revokeButton(slug: string, id: string): Markup {
  return html`<form
    action="/documents/${slug}/share/${id}/revoke"
    method="post"
  >
    <button>Take back</button>
  </form>`;
}
