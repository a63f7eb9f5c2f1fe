import { uploadLimit } from '../documents/upload-limit.js';
import { html, type Markup } from './html.js';
import { icon } from './icons.js';
import { layout } from './layout.js';
import { readableSize } from './readable.js';

type Told = readonly [title: string, text: string];

const TOLD = new Map<number, Told>([
  [401, ['For members', 'The name is “member”, the password “letmein”.']],
  [
    403,
    [
      'This link does not work',
      'It has expired, was used up or taken back, or is not complete. Ask for a new one.',
    ],
  ],
  [404, ['Not found', 'There is nothing here, or not any more.']],
  [
    413,
    [
      'Too large',
      `A document may have ${readableSize(uploadLimit)} at the most.`,
    ],
  ],
  [500, ['Something is broken', 'It is noted here. Try again later.']],
  [502, ['Not available', 'The server that has this file does not answer.']],
  [
    503,
    [
      'Not available',
      'The files are out of reach at the moment. Try again later.',
    ],
  ],
]);

/**
 * What went wrong, for people. `message` is told where nothing better is known. Whoever came by a link is to see
 * no more than that.
 */
export function errorPage(
  status: number,
  message: string,
  guest: boolean,
): string {
  const [title, text] = TOLD.get(status) ?? ['That did not work', message];
  return layout({
    title,
    dialog: true,
    guest,
    content: guest
      ? html`<section class="card offer">
          <span class="badge">${icon('broken')}</span>
          ${told(title, text)}
        </section>`
      : html`${told(title, text)}
          <p><a href="/">All documents</a></p>`,
  });
}

function told(title: string, text: string): Markup {
  return html`<h1>${title}</h1>
    <p role="alert">${text}</p>`;
}
