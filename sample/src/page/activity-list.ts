import { type Activity } from '../activity/activity.service.js';
import { html, type Markup } from './html.js';
import { readableSize } from './readable.js';

/** Downloads, the newest first. */
export function activityList(activities: readonly Activity[]): Markup {
  return html`<ul class="card activity" aria-label="Downloads" data-activity>
    ${activities.length ? activities.map(activityItem) : NONE}
  </ul>`;
}

const NONE = html`<li class="empty">Nothing was downloaded yet.</li>`;

/** One download: what became of it, and who sent it why. */
export function activityItem(activity: Activity): Markup {
  const { id, name, size, sent, outcome, sender } = activity;
  const [look, text] = stateOf(activity);
  const goesOn = !outcome && sender === 'application' && size && sent;
  return html`<li id="activity-${id}">
    <strong><bdi>${name}</bdi></strong>
    <span class="chip ${look}">${text}</span>
    ${
      goesOn
        ? html`<progress
            max="${size}"
            value="${Math.min(sent, size)}"
            aria-label="Sent of ${name}"
          ></progress>`
        : undefined
    }
    <span class="muted">${facts(activity)}</span>
  </li>`;
}

/** Nothing here says that something arrived: only its receiver knows. */
function stateOf(activity: Activity): readonly [look: string, text: string] {
  const { outcome, sender, size, sent, status } = activity;
  switch (outcome) {
    case undefined:
      return sender === 'application' && size && sent
        ? ['', `${Math.min(99, Math.floor((sent / size) * 100))} %`]
        : ['', 'started'];
    case 'completed':
      return ['good', 'sent'];
    case 'handed-over':
      return ['', `with ${sender}`];
    case 'not-modified':
      return ['good', 'had it already'];
    case 'aborted':
      return ['bad', 'aborted'];
    case 'refused':
      return ['bad', `refused (${status})`];
    case 'failed':
      return ['bad', 'failed'];
    case 'unknown':
      return ['', 'unknown'];
  }
}

function facts(activity: Activity): string {
  const { sender, rule, reason, range, sent, seconds, delay } = activity;
  const { outcome, size, begunAt } = activity;
  return [
    `${begunAt.toISOString().slice(11, 19)} UTC`,
    `${sender === 'application' ? 'the application' : sender}${rule ? ` by ${rule}` : ''}`,
    reason,
    range && `from byte ${range.start}`,
    outcome === 'refused'
      ? undefined
      : sent === undefined
        ? size && readableSize(size)
        : `${readableSize(sent)}${size && sent < size ? ` of ${readableSize(size)}` : ''}`,
    outcome && seconds !== undefined && `${seconds.toFixed(2)} s`,
    delay !== undefined && `event loop up to ${delay.toFixed(1)} ms late`,
  ]
    .filter(Boolean)
    .join(' · ');
}
