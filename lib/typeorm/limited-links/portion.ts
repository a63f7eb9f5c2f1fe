/** How many answers one use may have at the same time. */
const MOST_CONNECTIONS = 16;
/** How often one use may have all bytes: downloaders ask for some of them again. */
const MOST_OFTEN = 2;
/** How often its client may lose the connection besides, and with it what is on the way. */
const MOST_LOST = 6;
/**
 * How many bytes may be on the way when a connection is lost: what the buffers of this machine, of a server in
 * front and of its client have taken counts as sent, and nobody tells whether it has arrived.
 */
const ON_THE_WAY = 16 * 1024 * 1024;

/**
 * Milliseconds that the number of running answers holds without news: then the process that counted them is
 * gone.
 *
 * @internal
 */
export const LEASE = 60_000;

/**
 * What an answer takes of a use.
 *
 * @internal
 */
export interface Portion {
  /** Bytes; for a file of unknown size, that it is sent once. */
  readonly amount: number;
  /** How much all answers together may take. */
  readonly most: number;
  /** Whether it is all of the file. */
  readonly isWhole: boolean;
}

/**
 * @param length bytes of the answer
 * @param size bytes of the file
 * @internal
 */
export function portionOf(
  length: number | undefined,
  size: number | undefined,
): Portion {
  if (length === undefined || size === undefined) {
    return { amount: 1, most: MOST_OFTEN + MOST_LOST, isWhole: true };
  }
  return {
    // What stands between the parts of a multipart answer is not the file's.
    amount: Math.min(length, size),
    most: MOST_OFTEN * size + MOST_LOST * Math.min(size, ON_THE_WAY),
    isWhole: length >= size,
  };
}

/**
 * Whether what is left is enough for all of the file once more.
 *
 * @param size bytes of the file, where they are known
 * @internal
 */
export function hasRoom(drawn: number, size: number | undefined): boolean {
  const { amount, most } = portionOf(size, size);
  return drawn + amount <= most;
}

/**
 * The portion as SQL: it holds for one row, with the parameters of `takenParameters()`.
 *
 * @internal
 */
export const TAKEN = {
  set: {
    drawn: () => 'drawn + :amount',
    // Before the lease: MySQL sets one after the other.
    connections: () =>
      'CASE WHEN leased_until <= :now THEN 1 ELSE connections + 1 END',
    leasedUntil: () => ':lease',
  },
  where:
    'id = :id AND open_until > :now AND drawn + :amount <= :most ' +
    'AND (connections < :connections OR leased_until <= :now)',
} as const;

/**
 * @param now milliseconds since 1970
 * @internal
 */
export function takenParameters(
  id: string,
  { amount, most }: Pick<Portion, 'amount' | 'most'>,
  now: number,
): Record<string, string | number> {
  return {
    id,
    amount,
    most,
    now,
    lease: now + LEASE,
    connections: MOST_CONNECTIONS,
  };
}
