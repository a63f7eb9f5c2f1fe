import { html, type Markup, verbatim } from './html.js';

/** Lines on a field of 24 by 24. */
const PATHS = {
  library: 'M5 4h4v16H5zM9 4h4v16H9zM13.5 5.2l3.8-1 3.9 14.9-3.8 1z',
  download: 'M12 4v11m-5-5 5 5 5-5M5 20h14',
  open: 'M13 5h6v6M19 5l-9 9M10 6H5v13h13v-5',
  broken: 'M9 17H7A5 5 0 0 1 7 7m8 0h2a5 5 0 0 1 3.5 8.5M8 12h3M3 3l18 18',
};

/** A drawing beside words, or in a control that has a name. */
export function icon(name: keyof typeof PATHS): Markup {
  return html`<svg viewBox="0 0 24 24" aria-hidden="true">
    <path d="${verbatim(PATHS[name])}" />
  </svg>`;
}
