import { type EntitySubscriberInterface, type QueryRunner } from 'typeorm';

/**
 * A file that is being stored, or has been, for a row that is not committed yet.
 *
 * @internal
 */
export interface PendingFile {
  /** The entity, or the values of an INSERT or UPDATE, that it is for. */
  readonly owner: object;
  /** Its key, once it is stored. */
  readonly key?: string | undefined;
  /** Its row is being written by this. */
  join(runner: QueryRunner): void;
  /** The statement that writes its row succeeded. */
  written(): void;
  /** Its row is there for good. */
  keep(): void;
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

/** The part of TypeORM's events that is used. */
interface RunnerEvent {
  readonly queryRunner: QueryRunner;
}

/**
 * Files follow transactions: what was stored is removed again when they are rolled back, and what was to be
 * removed is removed after they are committed. A savepoint hands what it has to what is around it.
 *
 * A subscriber that is to be the first of its DataSource: TypeORM tells nobody of a commit who comes after a
 * subscriber that throws.
 *
 * @internal
 */
export class PendingFiles implements EntitySubscriberInterface {
  readonly #outside = new WeakMap<QueryRunner, Pending>();
  readonly #transactions = new WeakMap<QueryRunner, Pending[]>();

  afterTransactionStart({ queryRunner }: RunnerEvent): void {
    const open = this.#transactions.get(queryRunner);
    if (open) open.push(new Pending());
    else this.#transactions.set(queryRunner, [new Pending()]);
  }

  /** From here on only a rollback says that the rows are not there: a connection may be lost while it commits. */
  beforeTransactionCommit({ queryRunner }: RunnerEvent): void {
    const open = this.#transactions.get(queryRunner);
    if (open?.length !== 1) return;
    for (const file of open[0]?.stored ?? []) file.keep();
  }

  async afterTransactionCommit({ queryRunner }: RunnerEvent): Promise<void> {
    const ended = this.#transactions.get(queryRunner)?.pop();
    if (!ended) return;
    const around = this.#transactions.get(queryRunner)?.at(-1);
    if (around) {
      around.stored.push(...ended.stored);
      around.removals.push(...ended.removals);
      return;
    }
    for (const remove of ended.removals) await remove();
  }

  async afterTransactionRollback({ queryRunner }: RunnerEvent): Promise<void> {
    const ended = this.#transactions.get(queryRunner)?.pop();
    await undo(ended?.stored ?? []);
  }

  addStored(runner: QueryRunner, file: PendingFile): void {
    file.join(runner);
    this.#of(runner).stored.push(file);
  }

  /** Removes a file after the commit; at once where there is no transaction. */
  async addRemoval(runner: QueryRunner, remove: Removal): Promise<void> {
    const transaction = this.#transactions.get(runner)?.at(-1);
    if (transaction) transaction.removals.push(remove);
    else await remove();
  }

  /** A row was written. */
  written(runner: QueryRunner, owner: object): void {
    this.#written(runner, (file) => file.owner === owner);
  }

  /** TypeORM tells of rows once all are written: of those before one that fails, only their statements tell. */
  succeeded(runner: QueryRunner, parameters: readonly unknown[]): void {
    this.#written(runner, hasKeyIn(parameters));
  }

  /** A statement failed; outside of a transaction nobody tells of it but the statement itself. */
  async failed(
    runner: QueryRunner,
    parameters: readonly unknown[],
  ): Promise<void> {
    const outside = this.#outside.get(runner);
    if (!outside?.stored.length) return;
    const meant = outside.stored.filter(hasKeyIn(parameters));
    outside.stored = outside.stored.filter((file) => !meant.includes(file));
    await undo(meant);
  }

  /** Outside of a transaction it is so for good. */
  #written(runner: QueryRunner, isMeant: (file: PendingFile) => boolean): void {
    const pending = this.#of(runner);
    if (pending.stored.length === 0) return;
    const meant = pending.stored.filter(isMeant);
    for (const file of meant) file.written();
    if (pending !== this.#outside.get(runner)) return;
    for (const file of meant) file.keep();
    pending.stored = pending.stored.filter((file) => !meant.includes(file));
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

function hasKeyIn(
  parameters: readonly unknown[],
): (file: PendingFile) => boolean {
  return ({ key }) => key !== undefined && parameters.includes(key);
}
