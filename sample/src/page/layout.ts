import { html, type Markup } from './html.js';
import { icon } from './icons.js';

export interface PageParts {
  readonly title: string;
  readonly content: Markup;
  /** What a chat shows of a link to it, besides the title. */
  readonly description?: string;
  /** Where it is, if other pages lead there. */
  readonly path?: string;
  /** Whether the script may show the page in a dialog of the page that links to it. */
  readonly dialog?: boolean;
  /** Whether the reader came by a link, and is not to see the rest. */
  readonly guest?: boolean;
  /** What it is made with; by default the style sheet and the script of all pages. */
  readonly head?: Markup;
}

/** What all pages have in common. */
export function layout(page: PageParts): string {
  const { title, content, description } = page;
  const { path, dialog, guest, head = HEAD } = page;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} – Document library</title>
        ${
          description
            ? html`<meta name="description" content="${description}" />`
            : undefined
        }
        ${head}
      </head>
      <body ${guest ? GUEST : undefined}>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="top">
          <div>${guest ? GUEST_BRAND : navigation(path)}</div>
        </header>
        <main id="main" tabindex="-1" ${dialog ? DIALOG : undefined}>
          ${content}
        </main>
      </body>
    </html> `.text;
}

const HEAD = html`<link rel="icon" href="/static/icon.svg" />
  <link rel="stylesheet" href="/static/library.css" />
  <script type="module" src="/static/library.js"></script>`;

const PAGES = [
  ['/', 'Documents'],
  ['/activity', 'Activity'],
  ['/more', 'More'],
  ['/break-it', 'Break it'],
  ['/health', 'Health'],
] as const;

const NAME = html`${icon('library')} Document library`;

function navigation(current?: string): Markup {
  const links = PAGES.map(
    ([path, title]) =>
      html`<a href="${path}" ${path === current ? CURRENT : undefined}
        >${title}</a
      >`,
  );
  return html`<a class="brand" href="/">${NAME}</a>
    <nav aria-label="Pages">${links}</nav>`;
}

const GUEST_BRAND = html`<span class="brand">${NAME}</span>`;
const GUEST = html`class="guest"`;
const CURRENT = html`aria-current="page"`;
const DIALOG = html`data-dialog`;
