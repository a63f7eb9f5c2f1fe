import { type HealthCheckResult } from '@nestjs/terminus';

import { html, type Markup } from './html.js';
import { layout } from './layout.js';

/** What is checked, in the order of the way of a file. */
const CHECKS = new Map([
  ['storage', 'The storage has the file'],
  ['application', 'The application answers for it'],
  ['server', 'The server in front sends it'],
  ['outside', 'Nobody gets past the application'],
]);

/** What a health check has found, for people. */
export function healthPage({ status, details }: HealthCheckResult): string {
  const checks = Object.entries(details.downloads ?? {}).filter(
    (entry): entry is [string, Check] => isCheck(entry[1]),
  );
  return layout({
    title: 'Health',
    path: '/health',
    content: html`<h1>
        ${status === 'ok' ? 'Downloads work' : 'Downloads do not work'}
      </h1>
      <p class="muted">
        One small file goes all the way, each time this page is asked for.
        Probes get the same as JSON.
      </p>
      <ul class="card rows">
        ${checks.map(row)}
      </ul>`,
  });
}

interface Check {
  readonly status: string;
  readonly [fact: string]: unknown;
}

function isCheck(value: unknown): value is Check {
  return typeof value === 'object' && value !== null && 'status' in value;
}

function row([name, { status, ...facts }]: [string, Check]): Markup {
  const isUp = status === 'up';
  const told = Object.values(facts).filter((fact) => typeof fact === 'string');
  return html`<li>
    <span
      >${CHECKS.get(name) ?? name}
      ${
        told.length
          ? html`<br /><span class="muted">${told.join(' ')}</span>`
          : undefined
      }</span
    >
    <span class="chip ${isUp ? 'good' : 'bad'}">${status}</span>
  </li>`;
}
