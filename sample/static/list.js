/* global document */

// The list of documents: its order is applied at once, and what is chosen is counted.

document.addEventListener('change', ({ target }) => {
  if (target.matches('[data-filter] select')) target.form.requestSubmit();
  if (target.matches('[data-picks-all]')) {
    for (const box of boxes()) box.checked = target.checked;
  }
  countChosen();
});

function boxes() {
  return [...document.querySelectorAll('[form=selection]')];
}

/** With nothing chosen there is nothing to do. */
export function countChosen() {
  const form = document.querySelector('#selection');
  if (!form) return;
  const chosen = boxes().filter((box) => box.checked).length;
  form.hidden = chosen === 0;
  form.querySelector('[data-count]').textContent = `${chosen} chosen`;
}

countChosen();
