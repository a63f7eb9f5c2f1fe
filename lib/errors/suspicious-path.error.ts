import { FileNotFoundError } from './file-not-found.error.js';

/**
 * A path or key that no honest link holds: it leaves its root, has an empty, `.` or `..` segment, a
 * NUL, an encoded slash, or names a hidden file. The client gets the same 404 as for a missing file.
 *
 * @publicApi
 */
export class SuspiciousPathError extends FileNotFoundError {
  override readonly code = 'SUSPICIOUS_PATH';
}
