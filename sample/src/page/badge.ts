import { extname } from 'node:path';

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
