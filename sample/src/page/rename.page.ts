import { type Document } from '../documents/document.entity.js';
import { html } from './html.js';
import { layout } from './layout.js';

/** The name alone changes: links to the document go on working. */
export function renamePage({ name, slug }: Document): string {
  return layout({
    title: `Rename ${name}`,
    dialog: true,
    content: html`<h1>Rename the document</h1>
      <form action="/documents/${slug}/rename" method="post">
        <p class="muted">Links to it stay as they are.</p>
        <label class="field" for="name">Name</label>
        <input
          class="wider"
          id="name"
          name="name"
          type="text"
          value="${name}"
          maxlength="255"
          required
          autofocus
        />
        <div class="actions">
          <button class="main">Rename</button>
          <a class="button" href="/documents/${slug}" data-closes-dialog
            >Keep the name</a
          >
        </div>
      </form>`,
  });
}
