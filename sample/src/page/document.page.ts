import { type Document } from '../documents/document.entity.js';
import { thumbnail } from './badge.js';
import { html, type Markup } from './html.js';
import { icon } from './icons.js';
import { kindOf, opensByItself } from './kind.js';
import { layout } from './layout.js';
import { preview } from './preview.js';
import { readableDay, readableSize } from './readable.js';
import { tagList } from './tag-list.js';

/** One document: what it looks like, and what can be done with it. */
export function documentPage(
  document: Document,
  senders: Markup,
  text?: string,
): string {
  const { name } = document;
  return layout({
    title: name,
    content: html`<a href="/">All documents</a>
      <div class="document">
        <section class="card preview" aria-label="Preview">
          ${preview(document, text)}
        </section>
        <div>${facts(document)} ${senders}</div>
      </div>`,
  });
}

function facts(document: Document): Markup {
  const { name, slug, size, contentType, createdAt, tags } = document;
  return html`<section class="card padded" aria-label="The document">
    <div class="named">
      ${thumbnail(document)}
      <h1><bdi>${name}</bdi></h1>
    </div>
    <div class="actions">
      <a class="button main" href="/documents/${slug}/download"
        >${icon('download')} Download</a
      >
      <a class="button" href="/documents/${slug}/share" data-opens-dialog
        >Share</a
      >
      ${opensByItself(kindOf(contentType)) ? openLink(slug) : undefined}
      <a class="button" href="/documents/${slug}/edit" data-opens-dialog
        >Edit</a
      >
      <a class="button danger" href="/delete?slug=${slug}" data-opens-dialog
        >Delete</a
      >
    </div>
    <dl>
      <dt>Type</dt>
      <dd>${contentType.split(';')[0]}</dd>
      <dt>Size</dt>
      <dd>${readableSize(size)}</dd>
      <dt>Added</dt>
      <dd>
        <time datetime="${createdAt.toISOString()}"
          >${readableDay(createdAt)}</time
        >
      </dd>
      ${
        tags.length
          ? html`<dt>Tags</dt>
              <dd>${tagList(tags)}</dd>`
          : undefined
      }
    </dl>
  </section>`;
}

function openLink(slug: string): Markup {
  return html`<a class="button" href="/documents/${slug}/inline" target="_blank"
    >Open<span class="hidden"> in a new tab</span></a
  >`;
}
