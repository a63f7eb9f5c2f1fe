import { InvalidOptionsError } from '../errors/download-errors.js';
import { type PathEncoding } from './server-profile.js';

/**
 * Options of a backend whose server exists in versions that decode places differently.
 *
 * @internal
 */
export interface EncodedOptions {
  readonly pathEncoding: PathEncoding;
}

/**
 * Refuses what is no object of these options.
 *
 * @param example what to give
 * @throws InvalidOptionsError
 * @internal
 */
export function checkKnownOptions(
  backend: string,
  options: object,
  known: readonly string[],
  example: string,
): void {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionsError(backend, options, `Give ${example}.`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (!known.includes(name)) {
      throw new InvalidOptionsError(
        `${backend}.${name}`,
        value,
        `Known are ${known.join(', ')}.`,
      );
    }
  }
}

/**
 * @param accepted which versions want which
 * @throws InvalidOptionsError for anything but `raw` and `percent`: a guess could send another file
 * @internal
 */
export function checkPathEncoding(
  backend: string,
  { pathEncoding }: EncodedOptions,
  accepted: string,
): void {
  const given: unknown = pathEncoding;
  if (given !== 'raw' && given !== 'percent') {
    throw new InvalidOptionsError(`${backend}.pathEncoding`, given, accepted);
  }
}
