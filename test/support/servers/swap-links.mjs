import { linkSync, renameSync, symlinkSync, unlinkSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

/**
 * Somebody who may write below `own`, and wants to be sent what lies in `theirs`. Does and undoes the same
 * thing as fast as it can be done, until told to stop.
 */
const { own, theirs, trick, state } = workerData;
const [STOP, TURNS] = [0, 1];
const MOST_TURNS = 1_000_000;

const aside = `${own}/aside`;
const kept = `${own}/kept.txt`;

/** Both are made aside first: there is no moment without the one or the other. */
function put(make, place) {
  make(aside);
  renameSync(aside, place);
}

const tricks = {
  'a link from one directory to another': {
    does: () => put((path) => symlinkSync(theirs, path), `${own}/current`),
    undoes: () => put((path) => symlinkSync('folder', path), `${own}/current`),
  },
  'a link in the place of the file': {
    does: () =>
      put((path) => symlinkSync(`${theirs}/a.txt`, path), `${own}/a.txt`),
    undoes: () => put((path) => linkSync(kept, path), `${own}/a.txt`),
  },
  'a link in the place of its directory': {
    does() {
      renameSync(`${own}/folder`, aside);
      symlinkSync(theirs, `${own}/folder`);
    },
    undoes() {
      unlinkSync(`${own}/folder`);
      renameSync(aside, `${own}/folder`);
    },
  },
};

const { does, undoes } = tricks[trick];
for (let turn = 0; turn < MOST_TURNS && !Atomics.load(state, STOP); turn += 1) {
  does();
  undoes();
  Atomics.store(state, TURNS, turn + 1);
}
