import { type Document } from '../documents/document.entity.js';
import { isPicture } from '../documents/pictures.service.js';
import { html, type Markup } from './html.js';
import { extensionOf, kindOf } from './kind.js';

/** A tile that tells documents apart at a glance, with a picture of them or without. What it says is in the name as well. */
export function badge(
  name: string,
  contentType: string,
  picture?: Markup,
): Markup {
  const kind = kindOf(contentType);
  return html`<span class="badge ${kind}" aria-hidden="true"
    ><span>${extensionOf(name) ?? kind}</span>${picture}</span
  >`;
}

/** The tile of a document; that of a picture shows it, where a thumbnail can be made. */
export function thumbnail(document: Document): Markup {
  const { id, name, slug, contentType } = document;
  const picture = html`<img
    src="/documents/${slug}/thumbnail?of=${id}"
    alt=""
    width="40"
    height="40"
    loading="lazy"
  />`;
  return badge(name, contentType, isPicture(document) ? picture : undefined);
}
