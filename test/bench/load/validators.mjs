import { once } from 'node:events';
import { request } from 'node:http';

/** The conditions of a client that has the file already. */
export async function validatorsOf(port, path) {
  const asked = request({ host: '127.0.0.1', port, path, agent: false });
  asked.end();
  const [response] = await once(asked, 'response');
  response.resume();
  const { etag, 'last-modified': lastModified } = response.headers;
  return { 'If-None-Match': etag, 'If-Modified-Since': lastModified };
}
