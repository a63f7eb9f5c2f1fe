import { type Document } from '../documents/document.entity.js';
import { badge } from './badge.js';
import { html, type Markup } from './html.js';
import { kindOf } from './kind.js';
import { layout } from './layout.js';
import { preview } from './preview.js';
import { readableDay, readableSize } from './readable.js';

/** One document: what it looks like, and what can be done with it. */
export function documentPage(document: Document): string {
  const { name, slug, size, contentType, createdAt } = document;
  return layout({
    title: name,
    content: html`<p><a href="/">All documents</a></p>
      <div class="heading">
        <h1 class="named">${badge(name, contentType)} <bdi>${name}</bdi></h1>
        <div class="actions">
          <a class="button main" href="/documents/${slug}/download">Download</a>
          ${kindOf(contentType) === 'file' ? undefined : openLink(slug)}
          <a class="button" href="/documents/${slug}/share" data-opens-dialog
            >Share</a
          >
          <a
            class="button danger"
            href="/documents/${slug}/delete"
            data-opens-dialog
            >Delete</a
          >
        </div>
      </div>
      <p class="muted">
        ${contentType.split(';')[0]} · ${readableSize(size)} · added
        <time datetime="${createdAt.toISOString()}"
          >${readableDay(createdAt)}</time
        >
      </p>
      <section class="card preview" aria-label="Preview">
        ${preview(document)}
      </section>`,
  });
}

function openLink(slug: string): Markup {
  return html`<a class="button" href="/documents/${slug}/inline" target="_blank"
    >Open<span class="hidden"> in a new tab</span></a
  >`;
}
