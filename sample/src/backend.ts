import { type DownloadBackend, nginx, stream } from 'nestjs-downloadview';

import { directories } from './directories.js';

// The files, and the places where the server in front finds them.
const rules = [
  { sourceDir: directories.media, destination: '/_media/' },
  { sourceDir: directories.public, destination: '/_public/' },
  { sourceDir: directories.assets, destination: '/_assets/' },
];

const backends = new Map<string, () => DownloadBackend>([
  ['stream', () => stream()],
  ['nginx', () => nginx({ rules })],
]);

/** The backend that DOWNLOAD_BACKEND names. Nothing else in the application depends on it. */
export function backend(
  name = process.env.DOWNLOAD_BACKEND || 'stream',
): DownloadBackend {
  const make = backends.get(name);
  if (!make) {
    const known = [...backends.keys()].join(', ');
    throw new Error(
      `DOWNLOAD_BACKEND is ${JSON.stringify(name)}. It may be one of: ${known}.`,
    );
  }
  return make();
}
