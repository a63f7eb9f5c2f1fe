// A program: saves a file of unknown length in a store, and sends by how many bytes the process grew.
import { S3Client } from '@aws-sdk/client-s3';
import { S3Storage } from 'nestjs-downloadview/s3';

const [endpoint = '', mebibytes = ''] = process.argv.slice(2);
const MEBIBYTE = 2 ** 20;

const storage = new S3Storage({
  client: new S3Client({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'SECRET' },
    forcePathStyle: true,
  }),
  bucket: 'media',
  conditionalWrites: true,
});

async function* pieces(count: number): AsyncGenerator<Uint8Array> {
  const piece = Buffer.alloc(2 ** 16);
  for (let index = 0; index < count * 16; index += 1) {
    grown = Math.max(grown, process.memoryUsage.rss() - before);
    yield await Promise.resolve(piece);
  }
}

let grown = 0;
let before = 0;
// What the first upload needs for good, such as its code, is not counted.
await storage.save('first.bin', pieces(32));
before = process.memoryUsage.rss();
grown = 0;
await storage.save('large.bin', pieces(Number(mebibytes)));
process.send?.(String(Math.ceil(grown / MEBIBYTE)));
process.disconnect?.();
