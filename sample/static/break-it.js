/* global AbortController, Blob, crypto, document, fetch */

// Cuts a download off and resumes it, with nothing but what any client has: Range and If-Range.

const card = document.querySelector('[data-cuts]');

if (card) {
  const output = card.querySelector('output');
  const buttons = Object.fromEntries(
    [...card.querySelectorAll('[data-step]')].map((button) => [
      button.dataset.step,
      button,
    ]),
  );
  const enable = (...steps) => {
    for (const [step, button] of Object.entries(buttons)) {
      button.disabled = !steps.includes(step);
    }
  };
  let parts = [];
  let etag;
  let cutter;

  const fetchRest = async () => {
    cutter = new AbortController();
    const { size } = new Blob(parts);
    const headers = size ? { Range: `bytes=${size}-`, 'If-Range': etag } : {};
    const line = document.createElement('div');
    output.append(line);
    enable('cut');
    try {
      const { signal } = cutter;
      const response = await fetch(card.dataset.cuts, {
        headers,
        signal,
        cache: 'no-store',
      });
      etag = response.headers.get('ETag');
      const range = response.headers.get('Content-Range') ?? 'the whole file';
      for await (const part of chunksOf(response.body)) {
        parts.push(part);
        line.textContent = `${response.status}, ${range}: ${new Blob(parts).size.toLocaleString('en')} bytes`;
      }
      output.append(await verdict(new Blob(parts)));
      enable('start');
    } catch {
      line.textContent += ', cut off';
      enable('start', 'resume');
    }
  };

  const verdict = async (whole) => {
    const told = document.createElement('strong');
    // Only pages that came by https, or from this machine, may compute it.
    const hash = await crypto.subtle?.digest(
      'SHA-256',
      await whole.arrayBuffer(),
    );
    const hex = [...new Uint8Array(hash ?? [])]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('');
    const isSame = hex === card.dataset.digest;
    told.textContent = !hash
      ? 'Complete.'
      : isSame
        ? `Complete, and the same file to the last byte: SHA-256 ${hex}`
        : 'Complete, but not the same file.';
    return told;
  };

  buttons.start.addEventListener('click', () => {
    parts = [];
    output.replaceChildren();
    return fetchRest();
  });
  buttons.cut.addEventListener('click', () => cutter.abort());
  buttons.resume.addEventListener('click', fetchRest);
}

/** Streams are iterable in some browsers only. */
async function* chunksOf(stream) {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
