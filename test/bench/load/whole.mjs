import { get } from 'node:http';

/** Reads one answer to its end, whether it says its length or not; gives its bytes, which must be enough. */
export function bytesOfWhole({ port, path, atLeast }) {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, agent: false };
    get(options, (response) => {
      let length = 0;
      response
        .on('data', (bytes) => (length += bytes.length))
        .on('error', reject)
        .on('end', () =>
          response.statusCode === 200 && length >= atLeast
            ? resolve(length)
            : reject(new Error(`${path}: ${response.statusCode}, ${length} B`)),
        );
    }).on('error', reject);
  });
}
