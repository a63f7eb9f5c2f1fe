import { SlowFile } from '../break-it/slow-file.js';
import { guide } from '../seed/first-documents.js';
import { html, type Markup } from './html.js';
import { layout } from './layout.js';

export interface Experiments {
  readonly origin: string;
  /** A signed link; there only where there is a document. */
  readonly signed?: string;
  /** Whether the file that the health check looks for is there. */
  readonly isWhole: boolean;
  /** Whether nginx keeps its files to itself; there only where the sample has started it. */
  readonly isInternal?: boolean;
}

/** Downloads that fail on purpose, and what comes of it. */
export function breakItPage(experiments: Experiments): string {
  const { origin, signed, isWhole, isInternal } = experiments;
  return layout({
    title: 'Break it',
    path: '/break-it',
    content: html`<h1>Break it</h1>
      <p class="muted">Three things that go wrong, and what comes of it.</p>
      <div class="tries">
        ${cutting(origin)} ${signed ? tampering(signed) : undefined}
        ${isInternal === undefined ? taking(isWhole) : opening(isInternal)}
      </div>`,
  });
}

function cutting(origin: string): Markup {
  const address = `${origin}/break-it/numbers.txt`;
  return html`<section
    class="card padded"
    data-cuts="/break-it/numbers.txt"
    data-digest="${SlowFile.digest}"
  >
    <h2>Cut a download off</h2>
    <p>
      This file takes a few seconds. Cut it off in the middle, and resume it:
      only the rest is sent, and only if the file is still the same.
    </p>
    <div class="actions" data-script hidden>
      <button type="button" class="main" data-step="start">Download</button>
      <button type="button" data-step="cut" disabled>Cut it off</button>
      <button type="button" data-step="resume" disabled>Resume</button>
    </div>
    <output></output>
    <p class="muted">
      In a terminal, with Ctrl+C in between:
      <code>curl -C - -O ${address}</code>
    </p>
  </section>`;
}

function tampering(signed: string): Markup {
  const later = signed.replace(/(expires=)(\d+)/, (_, name, at) =>
    [name, Number(at) + 86_400].join(''),
  );
  const other = signed.replace(
    /(shared\/)(\d+)/,
    (_, before, id) => `${before}${Number(id) + 1}`,
  );
  return html`<section class="card padded">
    <h2>Tamper with a signed link</h2>
    <p>
      Nothing is kept of such a link. The signature holds it together, for an
      hour; every change leads to the same refusal.
    </p>
    <p><code>${signed}</code></p>
    <div class="actions">
      <a class="button main" href="${signed}">As it was signed</a>
      <a class="button" href="${later}">With a later end</a>
      <a class="button" href="${other}">For another document</a>
    </div>
  </section>`;
}

function opening(isInternal: boolean): Markup {
  return html`<section class="card padded">
    <h2>Open the back door</h2>
    <p>
      nginx sends files where the application tells it to, and the line
      <code>internal;</code> keeps everybody else out.
      ${
        isInternal
          ? 'Take that of the public files away: now everybody gets past the application, and the health check is red.'
          : 'That of the public files is away. Put it back, and the health check is green again.'
      }
    </p>
    <form class="actions" action="/break-it/internal" method="post">
      ${choice(isInternal, html`<code>internal;</code>`)}
      <a class="button" href="/_public/${guide.key}">Try the back door</a>
      <a class="button" href="/health">Look at the health</a>
    </form>
  </section>`;
}

function taking(isWhole: boolean): Markup {
  return html`<section class="card padded">
    <h2>Make the health check red</h2>
    <p>
      ${
        isWhole
          ? 'Takes a file away that the check sends through all of the way: it says what is missing, and where.'
          : 'The file is gone. Put it back, and the check is green again.'
      }
    </p>
    <form class="actions" action="/break-it/canary" method="post">
      ${choice(isWhole, html`the file`)}
      <a class="button" href="/health">Look at the health</a>
    </form>
    <p class="muted">
      With <code>npm run proxy -- nginx</code> this takes
      <code>internal;</code> out of the configuration of nginx. No nginx was
      started here, and what others have set up is left alone.
    </p>
  </section>`;
}

function choice(isThere: boolean, what: Markup): Markup {
  return isThere
    ? html`<button name="action" value="away" class="danger">
        Take ${what} away
      </button>`
    : html`<button name="action" value="back" class="main">
        Put ${what} back
      </button>`;
}
