import { type QueryRunner } from 'typeorm';

/**
 * A file that is being stored, or has been, for a row that is not committed yet.
 *
 * @internal
 */
export interface PendingFile {
  /** The entity, or the values of an INSERT or UPDATE, that it is for. */
  readonly owner: object;
  /** Its key, once it is stored. */
  readonly key?: string;
  /** Removes it again, or as soon as it is stored. */
  undo(): Promise<void>;
}

/** Removes a file that no row needs any more. */
type Removal = () => Promise<void>;

/** What waits for the end of a transaction or savepoint, or of a statement outside of any. */
class Pending {
  stored: PendingFile[] = [];
  removals: Removal[] = [];
}

/**
 * Files follow transactions: what was stored is removed again when they are rolled back, and what was to be
 * removed is removed after they are committed. A savepoint hands what it has to what is around it.
 *
 * @internal
 */
export class PendingFiles {
  readonly #outside = new WeakMap<QueryRunner, Pending>();
  readonly #transactions = new WeakMap<QueryRunner, Pending[]>();

  begin(runner: QueryRunner): void {
    const open = this.#transactions.get(runner);
    if (open) open.push(new Pending());
    else this.#transactions.set(runner, [new Pending()]);
  }

  async commit(runner: QueryRunner): Promise<void> {
    const ended = this.#transactions.get(runner)?.pop();
    if (!ended) return;
    const around = this.#transactions.get(runner)?.at(-1);
    if (around) {
      around.stored.push(...ended.stored);
      around.removals.push(...ended.removals);
      return;
    }
    for (const remove of ended.removals) await remove();
  }

  async rollback(runner: QueryRunner): Promise<void> {
    const ended = this.#transactions.get(runner)?.pop();
    await undo(ended?.stored ?? []);
  }

  addStored(runner: QueryRunner, file: PendingFile): void {
    this.#of(runner).stored.push(file);
  }

  /** Removes a file after the commit; at once where there is no transaction. */
  async addRemoval(runner: QueryRunner, remove: Removal): Promise<void> {
    const transaction = this.#transactions.get(runner)?.at(-1);
    if (transaction) transaction.removals.push(remove);
    else await remove();
  }

  /** A row was written; outside of a transaction it is so for good. */
  written(runner: QueryRunner, owner: object): void {
    const outside = this.#outside.get(runner);
    if (!outside) return;
    outside.stored = outside.stored.filter((file) => file.owner !== owner);
  }

  /** A statement failed; outside of a transaction nobody tells of it but the statement itself. */
  async failed(
    runner: QueryRunner,
    parameters: readonly unknown[],
  ): Promise<void> {
    const outside = this.#outside.get(runner);
    if (!outside?.stored.length) return;
    const meant = outside.stored.filter(
      ({ key }) => key !== undefined && parameters.includes(key),
    );
    outside.stored = outside.stored.filter((file) => !meant.includes(file));
    await undo(meant);
  }

  #of(runner: QueryRunner): Pending {
    const transaction = this.#transactions.get(runner)?.at(-1);
    if (transaction) return transaction;
    const outside = this.#outside.get(runner) ?? new Pending();
    this.#outside.set(runner, outside);
    return outside;
  }
}

async function undo(files: readonly PendingFile[]): Promise<void> {
  await Promise.all(files.map((file) => file.undo()));
}
