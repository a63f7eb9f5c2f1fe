import { type Document } from '../documents/document.entity.js';
import { html, type Markup } from './html.js';

/** What something is done with, where it is more than one. */
export function nameList(documents: readonly Document[]): Markup {
  return html`<ul>
    ${documents.map(({ name }) => html`<li><bdi>${name}</bdi></li>`)}
  </ul>`;
}
