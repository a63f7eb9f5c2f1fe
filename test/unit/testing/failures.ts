/** What a call throws; an error of its own where it throws nothing. */
export function errorOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('It throws nothing');
}
