import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startApplicationProcess } from '../support/application-process.js';
import { RemoteOrigin } from '../support/servers/remote-origin.js';

/** In MiB. */
const LARGE = 256;
const XML = { 'Content-Type': 'application/xml' };

describe('a large file whose length nobody knows', () => {
  let origin: RemoteOrigin;

  beforeAll(async () => {
    origin = await RemoteOrigin.start();
    // A store that takes parts, and keeps nothing of them.
    origin.answers((response, request) => {
      request.resume().on('end', () => {
        if (request.method === 'PUT') {
          response.writeHead(200, { ETag: '"part"' }).end();
        } else {
          const isBegun = request.url?.includes('uploads');
          const result = isBegun
            ? '<InitiateMultipartUploadResult><UploadId>up</UploadId></InitiateMultipartUploadResult>'
            : '<CompleteMultipartUploadResult><ETag>"all"</ETag></CompleteMultipartUploadResult>';
          response.writeHead(200, XML).end(result);
        }
      });
    });
  });
  afterAll(() => origin.close());

  it('goes to S3 without the process growing by 64 MiB', async () => {
    const saving = await startApplicationProcess('uploading-process.ts', [
      `http://${origin.host}`,
      String(LARGE),
    ]);
    const parts = origin.requests.filter(({ method }) => method === 'PUT');
    expect(parts.length).toBeGreaterThan(LARGE / 8);
    expect(Number(saving.origin)).toBeLessThan(64);
    await saving.stop();
  }, 120_000);
});
