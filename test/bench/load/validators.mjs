import { once } from 'node:events';
import { request } from 'node:http';

/** The conditions of a client that has the file already. */
export async function validatorsOf(port, path) {
  const asked = request({ host: '127.0.0.1', port, path, method: 'HEAD' });
  asked.end();
  const [{ headers }] = await once(asked, 'response');
  return {
    'If-None-Match': headers.etag,
    'If-Modified-Since': headers['last-modified'],
  };
}
