import { type Document } from '../documents/document.entity.js';
import { uploadLimit } from '../documents/upload-limit.js';
import { badge } from './badge.js';
import { html, type Markup } from './html.js';
import { layout } from './layout.js';
import { readableDay, readableSize } from './readable.js';

/** All that there is, and a form for more. `notice` says what has just happened. */
export function documentsPage(
  documents: readonly Document[],
  notice?: string,
): string {
  return layout({
    title: 'Documents',
    path: '/',
    content: html`<h1>Documents</h1>
      <p class="notice" role="status" id="status">${notice}</p>
      ${form}
      <section id="documents" aria-labelledby="all">
        <div class="heading">
          <h2 id="all">${count(documents.length)}</h2>
          <a class="button" href="/documents.csv">Export as CSV</a>
        </div>
        ${documents.length === 0 ? empty : table(documents)}
      </section>`,
  });
}

function count(documents: number): string {
  return documents === 1 ? 'One document' : `${documents} documents`;
}

const empty = html`<p class="card empty">
  There is nothing here yet. Add the first document above.
</p>`;

function table(documents: readonly Document[]): Markup {
  return html`<table class="card">
    <caption class="hidden">
      Documents, newest first
    </caption>
    <thead>
      <tr>
        <th scope="col">Name</th>
        <th scope="col" class="number wide">Size</th>
        <th scope="col" class="wide">Added</th>
        <th scope="col"><span class="hidden">Download</span></th>
      </tr>
    </thead>
    <tbody>
      ${documents.map(row)}
    </tbody>
  </table>`;
}

function row({ name, slug, size, contentType, createdAt }: Document): Markup {
  const time = createdAt.toISOString();
  return html`<tr>
    <th scope="row">
      <span class="named"
        >${badge(name, contentType)}
        <a href="/documents/${slug}"><bdi>${name}</bdi></a></span
      >
    </th>
    <td class="number wide">${readableSize(size)}</td>
    <td class="wide">
      <time datetime="${time}">${readableDay(createdAt)}</time>
    </td>
    <td class="number">
      <a
        class="button"
        href="/documents/${slug}/download"
        aria-label="Download ${name}"
        >Download</a
      >
    </td>
  </tr>`;
}

/** Works as it stands; the script adds dropping and progress. */
const form = html`<form
  class="card upload"
  id="upload"
  action="/documents"
  method="post"
  enctype="multipart/form-data"
  data-limit="${uploadLimit}"
>
  <label for="files">Add documents</label>
  <input
    id="files"
    name="files"
    type="file"
    multiple
    required
    aria-describedby="limit"
  />
  <button>Upload</button>
  <p class="muted" id="limit">
    <span data-script hidden>Choose them, or drop them anywhere here.</span>
    Up to ${readableSize(uploadLimit)} each.
  </p>
  <ul id="uploads" aria-label="Uploads" hidden></ul>
</form>`;
