import { html } from './html.js';

/** One link for each further kind of file; their controllers are in `downloads/`. */
export const otherDownloads = html`<h2>Other downloads</h2>
  <ul>
    <li><a href="/latest">The newest document</a></li>
    <li>
      <a href="/documents.txt">A list of all documents</a>, written while it is
      sent
    </li>
    <li><a href="/statistics.csv">Statistics</a>, from an ordinary handler</li>
    <li><a href="/terms.txt">Terms</a>, a file of the application</li>
    <li>
      <a href="/public/guides/welcome.txt">A guide</a>, from a storage of its
      own
    </li>
    <li>
      <a href="/partner/prices.csv">A price list</a>, fetched from another
      server
    </li>
    <li>
      <a href="/members/handbook.txt">A handbook</a>, for members: they send
      <code>Authorization: Bearer letmein</code>
    </li>
  </ul>`;
