import { type Document } from '../documents/document.entity.js';
import { html, type Markup } from './html.js';
import { kindOf } from './kind.js';

/** The document itself, as browsers show it in a page. */
export function preview({ name, slug, contentType }: Document): Markup {
  const source = `/documents/${slug}/inline`;
  switch (kindOf(contentType)) {
    case 'image':
      return html`<img src="${source}" alt="${name}" />`;
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
    case 'file':
      return html`<p class="empty">
        Documents of this kind are not shown here.
      </p>`;
  }
}
