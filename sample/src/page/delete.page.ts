import { type Document } from '../documents/document.entity.js';
import { html } from './html.js';
import { layout } from './layout.js';

/** Asks once more. */
export function deletePage({ name, slug }: Document): string {
  return layout({
    title: `Delete ${name}`,
    dialog: true,
    content: html`<h1>Delete “<bdi>${name}</bdi>”?</h1>
      <p>The file and all links to it are gone for good.</p>
      <form class="actions" action="/documents/${slug}/delete" method="post">
        <button class="danger">Delete</button>
        <a class="button" href="/documents/${slug}" data-closes-dialog
          >Keep it</a
        >
      </form>`,
  });
}
