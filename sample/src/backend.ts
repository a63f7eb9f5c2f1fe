import {
  apache,
  caddy,
  type DownloadBackend,
  lighttpd,
  nginx,
  type PathEncoding,
  stream,
} from 'nestjs-downloadview';

import { directories } from './directories.js';
import { storeHosts } from './storages.js';

// The files, and the places where a server in front finds them: Apache and lighttpd are told the path,
// nginx and Caddy a location of their own that nobody else can open.
const { media, public: open, assets } = directories;
const paths = [media, open, assets].map((sourceDir) => ({ sourceDir }));
const rules = [
  { sourceDir: media, destination: '/_media/' },
  { sourceDir: open, destination: '/_public/' },
  { sourceDir: assets, destination: '/_assets/' },
];

// nginx fetches from a store, too. The others leave its files to the application.
const remote = storeHosts.length ? { hosts: storeHosts } : undefined;

// `raw` for Debian 12, `percent` for mod_xsendfile from 1.0 and Caddy from 2.7.
const pathEncoding = (process.env.PATH_ENCODING || 'raw') as PathEncoding;

const backends = new Map<string, () => DownloadBackend>([
  ['stream', () => stream()],
  ['nginx', () => nginx({ rules, remote })],
  ['apache', () => apache({ rules: paths, pathEncoding })],
  ['lighttpd', () => lighttpd({ rules: paths })],
  ['caddy', () => caddy({ rules, pathEncoding })],
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
