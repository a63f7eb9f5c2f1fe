import { describe, it } from '@jest/globals';

import { findProgram, installCommand, type ProgramName } from './programs.js';

/**
 * A suite that runs these programs. Where one is missing the title says so and the suite is skipped; with
 * CI=true it fails.
 */
export function describeWith(
  programs: readonly ProgramName[],
  title: string,
  suite: () => void,
): void {
  const missing = programs.find((name) => !findProgram(name));
  if (missing === undefined) {
    describe(title, suite);
    return;
  }
  const reason = `${missing} is missing, type \`${installCommand(missing)}\``;
  if (process.env.CI === 'true') {
    describe(title, () => {
      it(`runs ${missing}`, () => {
        throw new Error(reason);
      });
    });
    return;
  }
  console.warn(`${title}: skipped: ${reason}`);
  describe.skip(`${title} (skipped: ${reason})`, suite);
}
