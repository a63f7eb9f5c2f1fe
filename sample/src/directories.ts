import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const sample = resolve(import.meta.dirname, '..');

/** Everything that the application keeps. */
export const dataDirectory = resolve(
  process.env.DATA_DIR || join(sample, 'data'),
);

/**
 * The directories that hold files to download. Each kind of access has its own: what may be had by
 * everybody never lies beside what may not.
 */
export const directories = {
  /** Documents; a row of the database points to each. */
  media: join(dataDirectory, 'media'),
  /** For everybody who knows the path. */
  public: join(dataDirectory, 'public'),
  /** Files that come with the application. */
  assets: join(sample, 'assets'),
  /** What is being uploaded. */
  uploads: join(dataDirectory, 'uploads'),
  /** What the pages are made with: styles and script. */
  static: join(sample, 'static'),
};

export async function makeDirectories(): Promise<void> {
  // An upload that was cut is of no use to anybody.
  await rm(directories.uploads, { recursive: true, force: true });
  for (const directory of Object.values(directories)) {
    await mkdir(directory, { recursive: true });
  }
}
