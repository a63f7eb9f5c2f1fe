import { extname } from 'node:path';

import { type Document } from '../documents/document.entity.js';
import { html, type Markup } from './html.js';
import { kindOf } from './kind.js';

/** A tile that tells documents apart at a glance. What it says is in the name as well. */
export function badge(name: string, contentType: string): Markup {
  const kind = kindOf(contentType);
  const [extension = kind] = /[a-z0-9]{1,4}$/i.exec(extname(name)) ?? [];
  return html`<span class="badge ${kind}" aria-hidden="true"
    >${extension}</span
  >`;
}

/** Bytes up to which a picture is its own thumbnail. */
const SMALL = 300_000;

/** The tile of a document; that of a small picture shows it. */
export function thumbnail(document: Document): Markup {
  const { name, slug, size, contentType } = document;
  if (kindOf(contentType) !== 'image' || size > SMALL) {
    return badge(name, contentType);
  }
  return html`<span class="badge" aria-hidden="true"
    ><img src="/documents/${slug}/inline" alt="" loading="lazy"
  /></span>`;
}
