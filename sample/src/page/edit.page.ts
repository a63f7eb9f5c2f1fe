import { type Document } from '../documents/document.entity.js';
import { html } from './html.js';
import { layout } from './layout.js';

/** Name and tags alone change: links to the document go on working. */
export function editPage({ name, slug, tags }: Document): string {
  return layout({
    title: `Edit ${name}`,
    dialog: true,
    content: html`<h1>Edit the document</h1>
      <form action="/documents/${slug}/edit" method="post">
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
        <label class="field" for="tags">Tags, with commas between them</label>
        <input
          class="wider"
          id="tags"
          name="tags"
          type="text"
          value="${tags.join(', ')}"
          placeholder="letters, 2026"
        />
        <div class="actions">
          <button class="main">Save</button>
          <a class="button" href="/documents/${slug}" data-closes-dialog
            >Leave it as it is</a
          >
        </div>
      </form>`,
  });
}
