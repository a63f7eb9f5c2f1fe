import { type Document } from '../documents/document.entity.js';
import {
  type DocumentList,
  PAGE_SIZE,
  SORTS,
} from '../documents/document-list.js';
import { uploadLimit } from '../documents/upload-limit.js';
import { thumbnail } from './badge.js';
import { html, type Markup } from './html.js';
import { icon } from './icons.js';
import { layout } from './layout.js';
import { readableDay, readableNumber, readableSize } from './readable.js';
import { tagList } from './tag-list.js';

/** The documents that are asked for, and a form for more. `notice` says what has just happened. */
export function documentsPage(list: DocumentList, notice?: string): string {
  const { documents, search, tag } = list;
  return layout({
    title: 'Documents',
    path: '/',
    content: html`<h1>Documents</h1>
      ${form}
      <p class="notice" role="status" id="status">${notice}</p>
      <section id="documents" aria-labelledby="all">
        <div class="heading">
          <h2 id="all">${count(list)}</h2>
          ${filter(list)}
        </div>
        ${documents.length ? table(documents) : search || tag ? nothing : empty}
        ${documents.length ? selection : undefined} ${pages(list)}
      </section>`,
  });
}

function count({ total, search, tag }: DocumentList): string {
  const tagged = tag ? ` tagged “${tag}”` : '';
  const found = search ? `${tagged} with “${search}”` : tagged;
  return total === 1
    ? `One document${found}`
    : `${readableNumber(total)} documents${found}`;
}

const empty = html`<p class="card empty">
  There is nothing here yet. Add the first document above.
</p>`;

const nothing = html`<p class="card empty">
  There is no such document. <a href="/">Show all</a>
</p>`;

function filter({ search, sort, tag, allTags }: DocumentList): Markup {
  return html`<form class="filter" role="search" data-filter>
    <input
      type="search"
      name="search"
      value="${search}"
      aria-label="Search by name"
      placeholder="Search by name"
    />
    <button>Search</button>
    ${allTags.length ? tagSelect(tag, allTags) : undefined}
    <select name="sort" aria-label="Order">
      ${Object.entries(SORTS).map(([value, label]) =>
        option(value, label, value === sort),
      )}
    </select>
  </form>`;
}

function tagSelect(chosen: string, tags: readonly string[]): Markup {
  return html`<select name="tag" aria-label="Tag">
    ${option('', 'All tags', chosen === '')}
    ${tags.map((tag) => option(tag, tag, tag === chosen))}
  </select>`;
}

function option(value: string, label: string, selected: boolean): Markup {
  return html`<option value="${value}" ${selected ? html`selected` : undefined}>
    ${label}
  </option>`;
}

function table(documents: readonly Document[]): Markup {
  return html`<table class="card">
    <caption class="hidden">
      Documents
    </caption>
    <thead>
      <tr>
        <th scope="col" class="pick">
          <span class="hidden">Choose</span>
          <input
            type="checkbox"
            aria-label="Choose all on this page"
            data-picks-all
            data-script
            hidden
          />
        </th>
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

function row(document: Document): Markup {
  const { name, slug, size, createdAt, tags } = document;
  const time = createdAt.toISOString();
  return html`<tr>
    <td class="pick">
      <input
        type="checkbox"
        form="selection"
        name="slug"
        value="${slug}"
        aria-label="Choose ${name}"
      />
    </td>
    <th scope="row">
      <span class="named"
        >${thumbnail(document)}
        <span
          ><a href="/documents/${slug}"><bdi>${name}</bdi></a>
          <small>${readableSize(size)} · ${readableDay(createdAt)}</small>
          ${tags.length ? tagList(tags) : undefined}</span
        ></span
      >
    </th>
    <td class="number wide">${readableSize(size)}</td>
    <td class="wide">
      <time datetime="${time}">${readableDay(createdAt)}</time>
    </td>
    <td class="number">
      <a
        class="button round"
        href="/documents/${slug}/download"
        aria-label="Download ${name}"
        >${icon('download')}</a
      >
    </td>
  </tr>`;
}

/** What can be done with the documents that are ticked. Without a script it is always there. */
const selection = html`<form
  class="card selection"
  id="selection"
  action="/documents.zip"
>
  <span class="muted" data-count>With the chosen ones:</span>
  <div class="actions">
    <button class="main">${icon('download')} Download as ZIP</button>
    <button formaction="/share" data-opens-dialog>Share…</button>
    <button class="danger" formaction="/delete" data-opens-dialog>
      Delete…
    </button>
  </div>
</form>`;

function pages({ page, total, search, tag, sort }: DocumentList): Markup {
  const last = Math.max(1, Math.ceil(total / PAGE_SIZE));
  const link = (to: number, text: string): Markup => {
    const query = new URLSearchParams({
      ...{ search, tag, sort },
      page: String(to),
    });
    return html`<a class="button" href="/?${query.toString()}">${text}</a>`;
  };
  return html`<nav class="pages" aria-label="More documents">
    <a href="/documents.csv">Export all as CSV</a>
    ${last > 1 ? html`<span>Page ${page} of ${last}</span>` : undefined}
    <span class="actions">
      ${page > 1 ? link(page - 1, 'Back') : undefined}
      ${page < last ? link(page + 1, 'Next') : undefined}
    </span>
  </nav>`;
}

/** Works as it stands; the script sends what is chosen at once, takes what is dropped, and shows progress. */
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
    <span data-script hidden>Or drop them anywhere on this page.</span>
    Up to ${readableSize(uploadLimit)} each.
  </p>
  <ul id="uploads" aria-label="Uploads" hidden></ul>
</form>`;
