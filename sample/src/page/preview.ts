import { type Document } from '../documents/document.entity.js';
import { type Shown } from '../documents/previews.service.js';
import { csvRows } from './csv-rows.js';
import { html, type Markup } from './html.js';
import { type Kind, kindOf } from './kind.js';

/** Kinds that are shown as a part of the page; it needs the beginning of their text. */
const IN_PAGE: readonly Kind[] = ['table', 'source'];

export function needsText({ contentType }: Document): boolean {
  return IN_PAGE.includes(kindOf(contentType));
}

/**
 * The document itself, as browsers show it in a page.
 *
 * @param text its beginning, where `needsText()`
 * @param source where browsers find it
 */
export function preview(
  document: Document,
  text = '',
  source = `/documents/${document.slug}/inline`,
): Markup {
  const { name, slug, contentType } = document;
  switch (kindOf(contentType)) {
    case 'image':
      return html`<img src="${source}" alt="${name}" />`;
    case 'drawing': // goes out as an attachment, which an image does not mind
      return html`<img src="/documents/${slug}/download" alt="${name}" />`;
    case 'audio':
      return html`<audio
        src="${source}"
        aria-label="${name}"
        controls
        preload="metadata"
      ></audio>`;
    case 'video':
      return html`<video
        src="${source}"
        aria-label="${name}"
        controls
        preload="metadata"
      ></video>`;
    case 'pdf':
      return html`<iframe src="${source}" title="${name}"></iframe>`;
    case 'text':
      return html`<iframe
        class="text"
        src="${source}"
        title="${name}"
      ></iframe>`;
    case 'table':
    case 'source':
      return textPreview(document, text);
    case 'file':
      return html`<p class="empty">
        Documents of this kind are not shown here.
      </p>`;
  }
}

/** The same for the page of a link, which holds what it shows, or has an address of its own for it. */
export function guestPreview(document: Document, shown: Shown): Markup {
  if ('source' in shown) return preview(document, '', shown.source);
  return 'text' in shown
    ? textPreview(document, shown.text)
    : html`<img src="${shown.image}" alt="${document.name}" />`;
}

function textPreview({ name, contentType }: Document, text: string): Markup {
  return kindOf(contentType) === 'table'
    ? table(name, csvRows(text))
    : html`<div class="scroll" tabindex="0" role="group" title="${name}">
        <pre>${text}</pre>
      </div>`;
}

function table(name: string, [head = [], ...rows]: string[][]): Markup {
  return html`<div class="scroll" tabindex="0" role="group" title="${name}">
    <table>
      <thead>
        <tr>
          ${head.map((cell) => html`<th scope="col">${cell}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (cells) =>
            html`<tr>
              ${cells.map((cell) => html`<td>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
