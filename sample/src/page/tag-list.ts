import { html, type Markup } from './html.js';

/** The tags of a document; each leads to all documents that have it. */
export function tagList(tags: readonly string[]): Markup {
  return html`<span class="tags"
    >${tags.map(
      (tag) =>
        html`<a
          class="chip"
          dir="auto"
          href="/?${new URLSearchParams({ tag }).toString()}"
          >${tag}</a
        >`,
    )}</span
  >`;
}
