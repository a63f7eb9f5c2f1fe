import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { describe, expect, it } from '@jest/globals';

const RUNNERS = 'test/unit/testing/runners';

/** What Node says when it runs this; rejects where it does not end in order. */
async function outputOf(...parameters: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    ...parameters,
  ]);
  return stdout;
}

describe('the test kit under other runners', () => {
  it('works with vitest', async () => {
    const output = await outputOf(
      ...['node_modules/vitest/vitest.mjs', 'run'],
      ...['--config', `${RUNNERS}/vitest.config.mjs`],
    );

    const { numPassedTests, numFailedTests, success } = JSON.parse(output);
    expect({ numFailedTests, success }).toEqual({
      numFailedTests: 0,
      success: true,
    });
    expect(numPassedTests).toBeGreaterThan(20);
  }, 30_000);

  it('works with node:test, and with what app.inject() gives', async () => {
    const output = await outputOf(
      ...['--import', './test/support/typescript-loader.mjs'],
      ...['--test', '--test-reporter=tap', `${RUNNERS}/kit.node-test.ts`],
    );

    const [, passed] = /^# pass (\d+)$/m.exec(output) ?? [];
    expect(Number(passed)).toBeGreaterThan(60);
    expect(output).toMatch(/^# fail 0$/m);
    expect(output).toMatch(/^# cancelled 0$/m);
  }, 30_000);
});
