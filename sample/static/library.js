/* global document, DOMParser, fetch, FormData, location, navigator, URLSearchParams */

import './activity.js';
import './break-it.js';
import './list.js';
import './uploads.js';

// Everything works without this script; it makes some of it more pleasant. It knows the pages only by their
// HTML: what the server answers to a form is what is shown.

reveal(document);

/** Shows what works only with this script. */
function reveal(root) {
  for (const element of root.querySelectorAll('[data-script]')) {
    // Browsers keep both from pages that did not come by https, or from this machine; few desktops can send.
    element.hidden =
      ('copies' in element.dataset && !navigator.clipboard) ||
      ('sends' in element.dataset && !navigator.share);
  }
}

// ---- Pages with data-dialog, shown in a dialog of the page that links to them

document.addEventListener('click', async (event) => {
  const link = event.target.closest('a, button');
  if (event.ctrlKey || event.metaKey || event.shiftKey || !link) return;
  if ('opensDialog' in link.dataset) {
    event.preventDefault();
    await ask(link.href ?? formUrl(link));
  } else if ('closesDialog' in link.dataset && link.closest('dialog')) {
    event.preventDefault();
    link.closest('dialog').close();
  } else if ('copies' in link.dataset) {
    const field = document.getElementById(link.dataset.copies);
    field.select();
    const copied = navigator.clipboard.writeText(field.value);
    link.textContent = await copied.then(
      () => 'Copied',
      () => 'Press Ctrl+C', // it may not: the link is selected
    );
  } else if ('sends' in link.dataset) {
    const { value: url } = document.getElementById(link.dataset.sends);
    await navigator.share({ url }).catch(() => undefined); // changed their mind
  }
});

document.addEventListener('submit', async (event) => {
  if (!event.target.closest('dialog')) return;
  event.preventDefault();
  event.submitter.disabled = true; // until the answer takes its place
  const { action, method } = event.target;
  await ask(action, {
    method,
    body: new URLSearchParams(new FormData(event.target)),
  });
});

/** Where a button of a form that only asks leads to. */
function formUrl({ form, formAction }) {
  return `${formAction}?${new URLSearchParams(new FormData(form))}`;
}

async function ask(url, options) {
  const headers = { Accept: 'text/html' };
  try {
    await show(await fetch(url, { ...options, headers }));
  } catch {
    location.assign(url); // the browser says what is wrong
  }
}

/** Shows an answer in the dialog, if it is made for one; else goes where it came from. */
async function show(response) {
  const page = new DOMParser().parseFromString(
    await response.text(),
    'text/html',
  );
  const content = page.querySelector('main[data-dialog]');
  if (!content) {
    location.assign(response.url);
    return;
  }
  reveal(content);
  const dialog = document.querySelector('dialog') ?? newDialog();
  const title = content.querySelector('h1');
  title.id = 'dialog-title';
  title.tabIndex = -1;
  dialog.replaceChildren(...content.childNodes);
  // The browser gives the focus back to the link when the dialog is closed.
  if (!dialog.open) dialog.showModal();
  const field = dialog.querySelector('[autofocus]');
  (field ?? title).focus();
  field?.select();
}

function newDialog() {
  const dialog = document.createElement('dialog');
  dialog.setAttribute('aria-labelledby', 'dialog-title');
  document.body.append(dialog);
  return dialog;
}
