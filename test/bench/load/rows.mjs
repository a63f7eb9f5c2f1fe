import { get } from 'node:http';

/** Reads a whole CSV file, and checks that no row is missing; gives their number. */
export async function readRows({ port, path, rows }) {
  const lines = await read(port, path);
  // One line names the columns.
  if (lines !== rows + 1) throw new Error(`${path}: ${lines} lines`);
  return rows;
}

/** Milliseconds until the first byte of the body; the rest is not waited for. */
export function firstByte({ port, path }) {
  const began = process.hrtime.bigint();
  return new Promise((resolve, reject) => {
    request(port, path, reject, (response) => {
      response.once('data', () => {
        resolve(Number(process.hrtime.bigint() - began) / 1e6);
        response.destroy();
      });
    });
  });
}

function read(port, path) {
  return new Promise((resolve, reject) => {
    request(port, path, reject, (response) => {
      let lines = 0;
      response
        .on('data', (bytes) => (lines += linesIn(bytes)))
        .on('end', () => resolve(lines))
        .on('error', reject);
    });
  });
}

function request(port, path, reject, callback) {
  const options = { host: '127.0.0.1', port, path, agent: false };
  get(options, (response) => {
    if (response.statusCode === 200) callback(response);
    else reject(new Error(`${path}: ${response.statusCode}`));
  }).on('error', reject);
}

function linesIn(bytes) {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) {
    count += 1;
  }
  return count;
}
