/**
 * What a backend says of its own decision while it makes it.
 *
 * @publicApi
 */
export interface OffloadNote {
  /** The rule that holds the file, by its place in the options: `rules[0]`. */
  readonly rule?: string;
  /** Why the server is not to send the file: plain words, without paths. The last one counts. */
  readonly reason?: string;
}

/**
 * Why the application sends a download itself.
 *
 * @internal
 */
export const REFUSALS = {
  noServer: 'no server in front sends files',
  noPlace: 'the file lies neither on a disk nor under a URL',
  noRule: 'no rule holds the file',
  notRegular: 'it is no regular file',
  coding: 'the server drops the content coding of the file',
  untellable: 'the server cannot be told this name',
  linked: 'the server follows no symbolic link to the directory',
  noTag: 'the file has no strong tag, and the server would make one up',
  ownTag:
    'the server holds a condition of the request against a tag of its own',
  remoteHost: 'the address is on a host that the backend may not send to',
  remoteSize: 'the size of the file is not known',
  remoteRanges: 'several ranges of a file of another server',
  noAddress: 'the storage makes no temporary address',
  notGet: 'the server would answer conditions and ranges of this method',
  redirectsGet: 'only GET is sent elsewhere',
  head: 'HEAD has no body that a server could send',
  ranges: 'the server would answer the ranges of the request otherwise',
  dates: 'the server would answer a date of the request otherwise',
  notModified: 'the client has the file already',
  precondition: 'a precondition of the request fails',
  counted:
    'the link works a limited number of times, and the server cannot be told exactly what is left to send',
  left: 'the backend left it to the application',
} as const;

/**
 * @internal
 */
export type Refusal = keyof typeof REFUSALS;

/**
 * Notes why the application sends a download itself.
 *
 * @internal
 */
export function refuse(
  { note }: { readonly note?: (note: OffloadNote) => void },
  refusal: Refusal,
): undefined {
  note?.({ reason: REFUSALS[refusal] });
  return undefined;
}
