/** How many answers one use may have at the same time. */
const MOST_CONNECTIONS = 16;
/** How often one use may have all bytes: downloaders ask for some of them again. */
const MOST_OFTEN = 2;

/**
 * Milliseconds that the number of running answers holds without news: then the process that counted them is
 * gone.
 *
 * @internal
 */
export const LEASE = 60_000;

/**
 * What an answer takes of a grant.
 *
 * @internal
 */
export interface Draw {
  /** Bytes; for a file of unknown size, that it is sent once. */
  readonly amount: number;
  /** How much all answers together may take. */
  readonly most: number;
}

/**
 * @param length bytes of the answer
 * @param size bytes of the file
 * @internal
 */
export function drawOf(
  length: number | undefined,
  size: number | undefined,
): Draw {
  if (length === undefined || size === undefined) {
    return { amount: 1, most: MOST_OFTEN };
  }
  // What stands between the parts of a multipart answer is not the file's.
  return { amount: Math.min(length, size), most: MOST_OFTEN * size };
}

/**
 * The draw as SQL: it holds for one row, with the parameters of `drawParameters()`.
 *
 * @internal
 */
export const DRAW = {
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
export function drawParameters(
  id: string,
  { amount, most }: Draw,
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
