import { type Document } from '../documents/document.entity.js';
import { html } from './html.js';
import { layout } from './layout.js';
import { nameList } from './name-list.js';

/** Asks once more. */
export function deletePage(documents: readonly Document[]): string {
  const [{ name, slug }] = documents;
  const one = documents.length === 1;
  return layout({
    title: one ? `Delete ${name}` : `Delete ${documents.length} documents`,
    dialog: true,
    content: html`<h1>
        Delete
        ${one ? html`“<bdi>${name}</bdi>”` : `${documents.length} documents`}?
      </h1>
      ${one ? undefined : nameList(documents)}
      <p>The files and all links to them are gone for good.</p>
      <form class="actions" action="/delete" method="post">
        ${documents.map(
          (document) =>
            html`<input type="hidden" name="slug" value="${document.slug}" />`,
        )}
        <button class="danger">Delete</button>
        <a
          class="button"
          href="${one ? `/documents/${slug}` : '/'}"
          data-closes-dialog
          >Keep ${one ? 'it' : 'them'}</a
        >
      </form>`,
  });
}
