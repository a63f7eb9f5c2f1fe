import { type Readable } from 'node:stream';

/** All that a stream gives. */
export async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export async function textOf(stream: Readable): Promise<string> {
  return (await bytesOf(stream)).toString();
}
