import Sequencer from '@jest/test-sequencer';

/** Suites that take much longer than the size of their file says, the longest first. */
const LONGEST = [
  'e2e/sample.e2e.spec.ts',
  'browser/sample.spec.ts',
  'scale/instances.spec.ts',
  'e2e/price-of-a-request.e2e.spec.ts',
  'e2e/faults/leaving.e2e.spec.ts',
  'e2e/concurrent-processes.e2e.spec.ts',
  'unit/testing/runners.spec.ts',
];

/** None of these begins when all others are over, not even where jest knows of no run before this one. */
export default class LongestFirst extends Sequencer {
  async sort(tests) {
    const sorted = await super.sort(tests);
    const placeOf = ({ path }) => {
      const place = LONGEST.findIndex((end) => path.endsWith(`/test/${end}`));
      return place === -1 ? LONGEST.length : place;
    };
    return [...sorted].sort((a, b) => placeOf(a) - placeOf(b));
  }
}
