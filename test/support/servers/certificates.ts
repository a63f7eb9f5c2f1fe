import { readFile } from 'node:fs/promises';

import { command } from '../command.js';
import { type TemporaryDirectory } from '../files/temporary-directory.js';

/** A certificate that vouches for itself, and its key. */
export interface Certificate {
  /** The file to trust. */
  readonly path: string;
  readonly cert: Buffer;
  readonly key: Buffer;
}

export async function certificateFor(
  host: string,
  directory: TemporaryDirectory,
): Promise<Certificate> {
  const path = await directory.write(`${host}/cert.pem`, '');
  const keyPath = await directory.write(`${host}/key.pem`, '');
  const { code, errors } = await command('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    ...['-nodes', '-days', '1', '-subj', `/CN=${host}`],
    ...['-addext', `subjectAltName=DNS:${host}`],
    ...['-keyout', keyPath, '-out', path],
  ]);
  if (code !== 0) throw new Error(errors);
  return { path, cert: await readFile(path), key: await readFile(keyPath) };
}
