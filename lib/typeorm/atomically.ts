import { type DataSource, type EntityManager } from 'typeorm';

/** Drivers with one connection for everybody: an explicit transaction would take in what others do meanwhile. */
const ONE_CONNECTION: readonly string[] = [
  'better-sqlite3',
  'capacitor',
  'cordova',
  'expo',
  'nativescript',
  'react-native',
  'sqlite',
  'sqljs',
];

/**
 * Does several steps on the database, or none of them.
 *
 * @param onFailure takes what undoes the step before, for where nothing else does
 * @returns false for what is not to be done after all
 * @internal
 */
export type AtomicWork = (
  manager: EntityManager,
  onFailure: (undo: () => Promise<unknown>) => void,
) => Promise<boolean>;

/**
 * Steps on the database that are one step for all others.
 *
 * @internal
 */
export class Atomically {
  readonly #hasOneConnection: boolean;
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly dataSource: DataSource) {
    this.#hasOneConnection = ONE_CONNECTION.includes(dataSource.options.type);
  }

  /** In a transaction. Where all have one connection, one work after the other, and undone by hand. */
  run(work: AtomicWork): Promise<boolean> {
    if (!this.#hasOneConnection) return inTransaction(this.dataSource, work);
    const next = this.#last.then(() => byHand(this.dataSource.manager, work));
    this.#last = next.catch(() => undefined);
    return next;
  }
}

class NotDone extends Error {}

/** Whoever has waited for a row sees what the others have written, which READ COMMITTED says. */
async function inTransaction(
  dataSource: DataSource,
  work: AtomicWork,
): Promise<boolean> {
  try {
    await dataSource.transaction('READ COMMITTED', async (manager) => {
      if (!(await work(manager, () => undefined))) throw new NotDone();
    });
    return true;
  } catch (error) {
    if (error instanceof NotDone) return false;
    throw error;
  }
}

async function byHand(
  manager: EntityManager,
  work: AtomicWork,
): Promise<boolean> {
  const undos: (() => Promise<unknown>)[] = [];
  let isDone = false;
  try {
    isDone = await work(manager, (undo) => void undos.unshift(undo));
  } finally {
    if (!isDone) for (const undo of undos) await undo();
  }
  return isDone;
}
