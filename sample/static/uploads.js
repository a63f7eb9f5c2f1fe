/* global addEventListener, document, FormData, performance, XMLHttpRequest */

// Files that are dropped or chosen are sent at once, one after the other, with progress and rate; each can be
// cancelled, and sent again. The server's answer is a page, and its list takes the place of the old one.

import { countChosen } from './list.js';

const form = document.querySelector('#upload');

if (form) {
  const input = form.querySelector('input');
  form.classList.add('scripted');
  form.querySelector('button').hidden = true;
  input.addEventListener('change', () => {
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
  for (const file of files) {
    const row = newRow(file);
    queue = queue.then(() => send(file, row));
  }
}

/** A line of the list of uploads, and the request that it is about. */
function newRow({ name }) {
  const row = document.createElement('li');
  const label = document.createElement('span');
  const progress = document.createElement('progress');
  const state = document.createElement('span');
  const button = document.createElement('button');
  label.textContent = name;
  progress.max = 1;
  progress.value = 0;
  progress.setAttribute('aria-label', name);
  state.textContent = 'waiting';
  button.type = 'button';
  button.textContent = 'Cancel';
  button.setAttribute('aria-label', `Cancel ${name}`);
  row.append(label, progress, state, button);
  const list = document.querySelector('#uploads');
  list.append(row);
  list.hidden = false;
  const request = new XMLHttpRequest();
  const upload = { row, progress, state, button, request, cancelled: false };
  button.addEventListener('click', () => {
    upload.cancelled = true;
    request.abort();
    remove(row);
  });
  return upload;
}

function remove(row) {
  row.remove();
  const list = document.querySelector('#uploads');
  list.hidden = !list.querySelector('li');
}

async function send(file, upload) {
  if (upload.cancelled) return;
  const { row, state } = upload;
  say(`Uploading “${file.name}” …`);
  try {
    if (file.size > Number(form.dataset.limit)) {
      throw new Error('It is too large.');
    }
    const page = await post(file, upload);
    document
      .querySelector('#documents')
      .replaceWith(page.querySelector('#documents'));
    for (const shown of document.querySelectorAll('#documents [data-script]')) {
      shown.hidden = false;
    }
    countChosen();
    remove(row);
    say(page.querySelector('#status').textContent);
  } catch ({ message }) {
    if (upload.cancelled) {
      say(`“${file.name}” was cancelled.`);
      return;
    }
    upload.progress.remove();
    state.textContent = message;
    state.className = 'failed';
    offerRetry(file, upload);
    say(`“${file.name}” was not added. ${message}`);
  }
}

/** What is too large stays so. */
function offerRetry(file, { row, button }) {
  const again = button.cloneNode();
  button.replaceWith(again);
  const isTooLarge = file.size > Number(form.dataset.limit);
  const verb = isTooLarge ? 'Dismiss' : 'Retry';
  again.textContent = verb;
  again.setAttribute('aria-label', `${verb} ${file.name}`);
  again.addEventListener('click', () => {
    remove(row);
    if (!isTooLarge) upload([file]);
  });
}

/** fetch() tells nothing of what it has sent, XMLHttpRequest does. */
function post(file, { request, progress, state }) {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const body = new FormData();
    body.append('files', file);
    request.open('POST', form.action);
    request.setRequestHeader('Accept', 'text/html');
    request.responseType = 'document';
    request.upload.addEventListener('progress', ({ loaded, total }) => {
      progress.value = loaded / total;
      const rate = loaded / 1000 / (performance.now() - begun); // MB a second
      state.textContent = `${Math.floor((loaded / total) * 100)} % · ${rate.toFixed(1)} MB/s`;
    });
    request.addEventListener('load', () => {
      const page = request.response;
      const told = page?.querySelector('[role=alert]')?.textContent;
      if (request.status === 200) resolve(page);
      else reject(new Error(told ?? `The answer was ${request.status}.`));
    });
    for (const end of ['error', 'abort']) {
      request.addEventListener(end, () =>
        reject(new Error('It could not be sent.')),
      );
    }
    request.send(body);
  });
}

function say(text) {
  document.querySelector('#status').textContent = text;
}
