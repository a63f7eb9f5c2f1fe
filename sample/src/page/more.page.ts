import { html, type Markup } from './html.js';
import { layout } from './layout.js';

type Row = readonly [
  href: string,
  title: string,
  what: string,
  controller: string,
];

const ROWS: readonly Row[] = [
  [
    '/latest',
    'The newest document',
    'what an ordinary handler returns',
    'reports.controller.ts',
  ],
  [
    '/terms',
    'Terms to keep',
    'a path that a handler gives to sendfile()',
    'reports.controller.ts',
  ],
  [
    '/statistics.csv',
    'Statistics',
    'what a handler with @Download() returns',
    'reports.controller.ts',
  ],
  [
    '/documents.csv',
    'The list as CSV',
    'written row by row while it is sent',
    'document-list.controller.ts',
  ],
  ['/terms.txt', 'Terms', 'a file of a directory', 'application-files.ts'],
  [
    '/documents.zip?slug=letter&slug=sunset',
    'Two documents as one ZIP file',
    'made while it is sent, and resumed where it breaks off',
    'documents-archive.controller.ts',
  ],
  [
    '/documents/sunset/thumbnail',
    'A thumbnail',
    'made once, when it is first asked for, and kept',
    'thumbnail.controller.ts',
  ],
  [
    '/public/guides/welcome.txt',
    'A guide',
    'a file of a storage, by its key',
    'public-download.controller.ts',
  ],
  [
    '/partner/prices.csv',
    'A price list',
    'fetched from another server and passed on',
    'partner-download.controller.ts',
  ],
  [
    '/members/handbook.txt',
    'A handbook',
    'behind a guard: the name is “member”, the password “letmein”',
    'members.guard.ts',
  ],
];

/** A download of each further kind, and where its code is. */
export const morePage = layout({
  title: 'More downloads',
  path: '/more',
  content: html`<h1>More downloads</h1>
    <p class="muted">
      Files come from many places. Each kind has a short file of its own in
      <code>sample/src/downloads</code>.
    </p>
    <ul class="card rows">
      ${ROWS.map(row)}
    </ul>`,
});

function row([href, title, what, controller]: Row): Markup {
  return html`<li>
    <span><a href="${href}">${title}</a>, ${what}</span>
    <code>${controller}</code>
  </li>`;
}
