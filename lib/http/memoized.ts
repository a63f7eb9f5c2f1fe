/**
 * The same function of one text, which remembers its results: media types and Cache-Control values are few,
 * and parsing them for every download costs more than the file. It never holds more than some hundred.
 *
 * @internal
 */
export function memoized<Result>(
  compute: (text: string) => Result,
): (text: string) => Result {
  const results = new Map<string, Result>();
  return (text) => {
    const known = results.get(text);
    if (known !== undefined) return known;
    const result = compute(text);
    if (results.size >= MOST) results.clear();
    if (text.length <= LONGEST) results.set(text, result);
    return result;
  };
}

const MOST = 500;
const LONGEST = 200;

/**
 * What was made last of objects that are frozen; of others, which may be different the next time, nothing is kept.
 *
 * @internal
 */
export class FrozenMemo<Given extends object, Result> extends WeakMap<
  Given,
  Result
> {
  override set(given: Given, result: Result): this {
    return Object.isFrozen(given) ? super.set(given, result) : this;
  }
}
