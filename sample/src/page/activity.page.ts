import { type Activity } from '../activity/activity.service.js';
import { activityList } from './activity-list.js';
import { html, type Markup } from './html.js';
import { layout } from './layout.js';

/** What is and was downloaded from this process; the script keeps it up to date. */
export function activityPage(
  activities: readonly Activity[],
  isApplication: boolean,
): string {
  return layout({
    title: 'Activity',
    path: '/activity',
    content: html`<div class="heading">
        <h1>Activity</h1>
        ${senderSwitch(isApplication, '/activity')}
      </div>
      <p class="muted">
        The last downloads, and who sent their bytes.
        <span data-script hidden>The list keeps itself up to date.</span>
      </p>
      ${activityList(activities)}`,
  });
}

/** The last downloads of one document, beside it. */
export function sendersCard(
  activities: readonly Activity[],
  isApplication: boolean,
  path: string,
): Markup {
  return html`<section class="card" aria-labelledby="senders">
    <div class="padded">
      <h2 id="senders">Who sent it</h2>
      <p class="muted">
        ${
          activities.length
            ? 'The last downloads of this document.'
            : 'Download it, and this page says who sent its bytes and why.'
        }
      </p>
      ${senderSwitch(isApplication, path)}
    </div>
    ${activities.length ? activityList(activities.slice(0, 5)) : undefined}
  </section>`;
}

/** Who sends what this browser asks for; without a server in front there is no choice. */
function senderSwitch(isApplication: boolean, path: string): Markup {
  const server = process.env.DOWNLOAD_BACKEND || 'stream';
  if (server === 'stream') {
    return html`<span class="chip"
      >no server in front: the application sends</span
    >`;
  }
  return html`<form
    class="switch"
    action="/activity/sender"
    method="post"
    aria-label="Who sends files"
  >
    <input type="hidden" name="back" value="${path}" />
    <button
      name="sender"
      value="application"
      aria-pressed="${String(isApplication)}"
    >
      application
    </button>
    <button
      name="sender"
      value="server"
      aria-pressed="${String(!isApplication)}"
    >
      ${server}
    </button>
  </form>`;
}
