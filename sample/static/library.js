/* global addEventListener, document, DOMParser, fetch, FormData, location, navigator, URLSearchParams, XMLHttpRequest */

// Everything works without this script; it makes some of it more pleasant. It knows the pages only by their
// HTML: what the server answers to a form is what is shown.

reveal(document);

/** Shows what works only with this script. */
function reveal(root) {
  for (const element of root.querySelectorAll('[data-script]')) {
    // Browsers keep the clipboard from pages that did not come by https, or from this machine.
    element.hidden = 'copies' in element.dataset && !navigator.clipboard;
  }
}

// ---- Uploads: dropped or chosen, one after the other, with progress

const form = document.querySelector('#upload');

if (form) {
  const input = form.querySelector('input');
  input.required = false;

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    upload([...input.files]);
    form.reset();
  });

  let depth = 0; // of the elements that are dragged over
  const over = (change) => {
    depth = change === 0 ? 0 : depth + change;
    form.classList.toggle('over', depth > 0);
  };
  const hasFiles = ({ dataTransfer }) => dataTransfer?.types.includes('Files');
  document.addEventListener('dragenter', (event) => hasFiles(event) && over(1));
  document.addEventListener(
    'dragleave',
    (event) => hasFiles(event) && over(-1),
  );
  document.addEventListener('dragover', (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  document.addEventListener('drop', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    over(0);
    upload([...event.dataTransfer.files]);
  });
}

addEventListener('beforeunload', (event) => {
  if (document.querySelector('#uploads progress')) event.preventDefault();
});

let queue = Promise.resolve();

function upload(files) {
  if (files.length === 0) say('Choose a file first.');
  for (const file of files) {
    const row = progressRow(file);
    queue = queue.then(() => send(file, row));
  }
}

function progressRow({ name }) {
  const list = document.querySelector('#uploads');
  const row = document.createElement('li');
  const label = document.createElement('span');
  const progress = document.createElement('progress');
  const state = document.createElement('span');
  label.textContent = name;
  progress.max = 1;
  progress.value = 0;
  progress.setAttribute('aria-label', name);
  state.textContent = 'waiting';
  row.append(label, progress, state);
  list.append(row);
  list.hidden = false;
  return { row, progress, state };
}

async function send(file, { row, progress, state }) {
  say(`Uploading “${file.name}” …`);
  try {
    if (file.size > Number(form.dataset.limit)) {
      throw new Error('It is too large.');
    }
    const page = await post(file, (share) => {
      progress.value = share;
      state.textContent = `${Math.floor(share * 100)} %`;
    });
    document
      .querySelector('#documents')
      .replaceWith(page.querySelector('#documents'));
    row.remove();
    document.querySelector('#uploads').hidden =
      !document.querySelector('#uploads li');
    say(page.querySelector('#status').textContent);
  } catch ({ message }) {
    progress.remove();
    state.textContent = message;
    state.className = 'failed';
    say(`“${file.name}” was not added. ${message}`);
  }
}

/** fetch() tells nothing of what it has sent, XMLHttpRequest does. */
function post(file, onProgress) {
  return new Promise((resolve, reject) => {
    const body = new FormData();
    body.append('files', file);
    const request = new XMLHttpRequest();
    request.open('POST', form.action);
    request.setRequestHeader('Accept', 'text/html');
    request.responseType = 'document';
    request.upload.addEventListener('progress', ({ loaded, total }) =>
      onProgress(loaded / total),
    );
    request.addEventListener('load', () => {
      const page = request.response;
      const told = page?.querySelector('[role=alert]')?.textContent;
      if (request.status === 200) resolve(page);
      else reject(new Error(told ?? `The answer was ${request.status}.`));
    });
    request.addEventListener('error', () =>
      reject(new Error('It could not be sent.')),
    );
    request.send(body);
  });
}

function say(text) {
  document.querySelector('#status').textContent = text;
}

// ---- Pages with data-dialog, shown in a dialog of the page that links to them

document.addEventListener('click', async (event) => {
  const link = event.target.closest('a, button');
  if (event.ctrlKey || event.metaKey || event.shiftKey || !link) return;
  if ('opensDialog' in link.dataset) {
    event.preventDefault();
    await ask(link.href);
  } else if ('closesDialog' in link.dataset && link.closest('dialog')) {
    event.preventDefault();
    link.closest('dialog').close();
  } else if ('copies' in link.dataset) {
    const field = document.getElementById(link.dataset.copies);
    field.select();
    await navigator.clipboard.writeText(field.value);
    link.textContent = 'Copied';
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
