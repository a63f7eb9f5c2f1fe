import { type Document } from '../documents/document.entity.js';
import { html, type Markup } from './html.js';
import { otherDownloads } from './other-downloads.js';
import { readableSize } from './readable-size.js';
import { style } from './style.js';

/** The whole page: what there is, and a form for more. */
export function documentsPage(documents: readonly Document[]): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Document library</title>
        <link rel="icon" href="data:," />
        ${style}
      </head>
      <body>
        <main>
          <h1>Document library</h1>
          ${table(documents)} ${form} ${otherDownloads}
        </main>
      </body>
    </html> `.text;
}

function table(documents: readonly Document[]): Markup {
  return html`<div
    class="card"
    tabindex="0"
    role="region"
    aria-label="Documents"
  >
    <table>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col" class="number">Size</th>
          <th scope="col">Added</th>
          <th scope="col">Open</th>
        </tr>
      </thead>
      <tbody>
        ${documents.map(row)}
      </tbody>
    </table>
  </div>`;
}

function row({ name, slug, size, createdAt }: Document): Markup {
  const [day] = createdAt.toISOString().split('T');
  return html`<tr>
    <th scope="row">${name}</th>
    <td class="number">${readableSize(size)}</td>
    <td><time datetime="${createdAt.toISOString()}">${day}</time></td>
    <td>
      <a href="/documents/${slug}" aria-label="Download ${name}">Download</a>
      <a href="/documents/${slug}/inline" aria-label="Show ${name}">Show</a>
    </td>
  </tr>`;
}

const form = html`<h2>Add a document</h2>
  <form
    class="card"
    action="/documents"
    method="post"
    enctype="multipart/form-data"
  >
    <label for="file">File</label>
    <input id="file" name="file" type="file" required />
    <button>Upload</button>
  </form>`;
