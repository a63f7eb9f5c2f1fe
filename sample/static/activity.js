/* global document, DOMParser, EventSource */

// Keeps a list of downloads up to date: the server sends each item that has changed, as it is in the page.

const list = document.querySelector('[data-activity]');
// A page of one document shows only its own; a new visit brings the rest.
const isWhole = document.querySelector('nav [href="/activity"][aria-current]');

if (list) {
  new EventSource('/activity/events').addEventListener(
    'message',
    ({ data }) => {
      const page = new DOMParser().parseFromString(data, 'text/html');
      const item = page.querySelector('li');
      const shown = document.getElementById(item.id);
      if (shown) {
        shown.replaceWith(item);
      } else if (isWhole) {
        list.querySelector('.empty')?.remove();
        list.prepend(item);
      }
    },
  );
}
