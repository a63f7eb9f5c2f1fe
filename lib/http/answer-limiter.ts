/**
 * An answer that is about to get a body.
 *
 * @internal
 */
export interface PromisedAnswer {
  /** Bytes of the answer, where they are known. */
  readonly length?: number;
  /** Bytes of the file, where they are known. */
  readonly size?: number;
  readonly etag?: string;
  /** Ends the answer before its end, so that nobody takes it for whole. */
  readonly cut: () => void;
}

/**
 * What became of it.
 *
 * @internal
 */
export interface AnswerOutcome {
  /** Whether its head went out. */
  readonly hasBegun: boolean;
  /** How many bytes of those that were promised were certainly not sent; less than 0 where more were. */
  readonly unsent: number;
}

/**
 * An answer that may go out.
 *
 * @internal
 */
export interface AnswerLease {
  /** Headers in place of the answer's own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** To be called once, when the answer is over. */
  over(outcome: AnswerOutcome): void;
}

/**
 * Says of every answer with a body, before its first byte, whether it may go out. HEAD, 304 and errors pass
 * unasked.
 *
 * @internal
 */
export interface AnswerLimiter {
  /** @throws where it may not */
  acquire(answer: PromisedAnswer): Promise<AnswerLease>;
}
