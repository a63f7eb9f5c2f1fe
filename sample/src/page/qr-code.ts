import qrcode from 'qrcode-generator';

import { html, type Markup, verbatim } from './html.js';

/** Modules that stay light around the code, or cameras do not find it. */
const MARGIN = 4;

/** A text for the camera of another device. `label` says in words what it is. */
export function qrCode(text: string, label: string): Markup {
  const code = qrcode(0, 'L'); // as small as the text allows: it is shown on a screen, and nothing hides a part
  code.addData(text);
  code.make();
  const count = code.getModuleCount();
  const size = count + 2 * MARGIN;
  const lines = Array.from({ length: count }, (_, y) =>
    Array.from({ length: count }, (_, x) =>
      code.isDark(y, x) ? `M${x + MARGIN} ${y + MARGIN}h1v1h-1z` : '',
    ).join(''),
  );
  return html`<svg
    class="qr"
    viewBox="0 0 ${size} ${size}"
    role="img"
    aria-label="${label}"
    shape-rendering="crispEdges"
  >
    <path d="${verbatim(lines.join(''))}" />
  </svg>`;
}
