import { describe, it } from '@jest/globals';

import { findProgram, installCommand, type ProgramName } from './programs.js';

/** A suite that runs these programs. */
export function describeWith(
  programs: readonly ProgramName[],
  title: string,
  suite: () => void,
): void {
  const name = programs.find((program) => !findProgram(program));
  describeUnless(name && { name, command: installCommand(name) }, title, suite);
}

/**
 * A suite that needs what may not be installed. Where it is not, the title says so and the suite is skipped; with
 * CI=true it fails.
 *
 * @param missing what is not installed, if anything, and what installs it
 */
export function describeUnless(
  missing: { readonly name: string; readonly command: string } | undefined,
  title: string,
  suite: () => void,
): void {
  if (!missing) {
    describe(title, suite);
    return;
  }
  const { name, command } = missing;
  const reason = `${name} is missing, type \`${command}\``;
  if (process.env.CI === 'true') {
    describe(title, () => {
      it(`runs ${name}`, () => {
        throw new Error(reason);
      });
    });
    return;
  }
  console.warn(`${title}: skipped: ${reason}`);
  describe.skip(`${title} (skipped: ${reason})`, suite);
}
