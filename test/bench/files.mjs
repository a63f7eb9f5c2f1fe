import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GIB, KIB, MIB } from './sizes.mjs';

const LARGE = '1g.bin';

/** A directory with the files that are asked for; it goes when the process does. */
export function temporaryFiles() {
  const directory = mkdtempSync(join(tmpdir(), 'downloadview-bench-'));
  process.once('exit', () => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, '1k.bin'), randomBytes(KIB));
  writeFileSync(join(directory, '100k.bin'), randomBytes(100 * KIB));
  writeFileSync(join(directory, '4k.bin'), randomBytes(4 * KIB));
  writeFileSync(join(directory, '64m.bin'), randomBytes(64 * MIB));
  writeLarge(join(directory, LARGE));
  return directory;
}

/** No sparse file: its pages could be one and the same, and never leave the processor's cache. */
function writeLarge(path) {
  const block = randomBytes(64 * MIB);
  const descriptor = openSync(path, 'w');
  for (let written = 0; written < GIB; written += block.length) {
    writeSync(descriptor, block);
  }
  // Else the disk is still busy with it while the first rows are measured.
  fsyncSync(descriptor);
  closeSync(descriptor);
}

/** Whatever the system has put out of memory since comes back before a row, and not in it. */
export function readLarge(directory) {
  const buffer = Buffer.allocUnsafe(MIB);
  const descriptor = openSync(join(directory, LARGE), 'r');
  while (readSync(descriptor, buffer) > 0);
  closeSync(descriptor);
}
