import { DownloadError } from './download.error.js';
import { quote } from './quote.js';

/**
 * An option is wrong. Thrown while the application boots, or where the option is given.
 *
 * @publicApi
 */
export class InvalidOptionsError extends DownloadError {
  readonly code = 'INVALID_OPTIONS';

  /**
   * @param option name of the option, as the user typed it: `rules[0].destination`
   * @param given the value that was given
   * @param accepted what is accepted, and what to do
   */
  constructor(
    readonly option: string,
    given: unknown,
    readonly accepted: string,
  ) {
    super(`Invalid option "${option}": ${quote(given)} was given. ${accepted}`);
  }
}
