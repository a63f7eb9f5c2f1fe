import { inflateSync } from 'node:zlib';

import { type Page } from 'playwright-core';

const SIGNATURE_LENGTH = 8;

/** What colour a page has there, as `#rrggbb`. */
export async function pixelOf(
  page: Page,
  x: number,
  y: number,
): Promise<string> {
  const png = await page.screenshot({ clip: { x, y, width: 1, height: 1 } });
  // One line of one pixel: no filter of the format (PNG, section 9) changes it.
  const [, red, green, blue] = inflateSync(imageData(png));
  return `#${Buffer.of(red, green, blue).toString('hex')}`;
}

/** What the IDAT chunks hold. */
function imageData(png: Buffer): Buffer {
  const data: Buffer[] = [];
  for (let at = SIGNATURE_LENGTH; at < png.length;) {
    const start = at + 8;
    const end = start + png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, start) === 'IDAT') {
      data.push(png.subarray(start, end));
    }
    at = end + 4;
  }
  return Buffer.concat(data);
}
