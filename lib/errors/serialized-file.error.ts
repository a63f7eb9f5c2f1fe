import { DownloadError } from './download.error.js';

/**
 * A file or response was turned into JSON: an interceptor wrapped it, or a handler returned it inside
 * another object. It is refused, because its fields would tell the client paths of the server.
 *
 * @publicApi
 */
export class SerializedFileError extends DownloadError {
  readonly code = 'SERIALIZED_FILE';

  constructor(what: string) {
    super(
      `${what} was about to be serialised to JSON. An interceptor wraps every answer, such as ` +
        'map((data) => ({ data })): let files pass, ' +
        'map((data) => data instanceof StreamableFile ? data : { data }). ' +
        'A handler that returns a file needs @Download().',
    );
  }
}

/**
 * A `toJSON()` that refuses. As a property of its own, not of the class: class-transformer looks at those
 * alone, and calls what is a function, while JSON.stringify() calls either.
 *
 * @internal
 */
export function refuseSerialization(what: string): () => never {
  return () => {
    throw new SerializedFileError(what);
  };
}
