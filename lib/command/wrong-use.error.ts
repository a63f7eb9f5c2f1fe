import { quote } from '../errors/quote.js';

/**
 * The command was typed wrongly.
 *
 * @internal
 */
export class WrongUseError extends Error {
  /**
   * @param option the option or argument, as the user typed it: `--listen`
   * @param given what was given; undefined where it is missing
   * @param accepted what is accepted, and what to do
   */
  constructor(option: string, given: string | undefined, accepted: string) {
    super(
      given === undefined
        ? `${option} is missing. ${accepted}`
        : `${option}: ${quote(given)} was given. ${accepted}`,
    );
  }
}
