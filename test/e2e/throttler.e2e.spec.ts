import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import {
  type ApplicationProcess,
  startApplicationProcess,
} from '../support/application-process.js';
import { httpRequest } from '../support/http-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/temporary-directory.js';

const PARTS = 12;

describe('@nestjs/throttler before a download', () => {
  let directory: TemporaryDirectory;
  let application: ApplicationProcess | undefined;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    await directory.write('manuals/hello.txt', 'Hello world!\n');
    application = await startApplicationProcess('throttled-application.ts', [
      directory.path,
    ]);
  });

  afterAll(async () => {
    await application?.stop();
    await directory.remove();
  });

  it('counts each part, by the limit that its controller has', async () => {
    const answers = await Promise.all(
      Array.from({ length: PARTS }, () =>
        httpRequest(application?.origin ?? '', '/manuals/hello.txt', {
          headers: { Range: 'bytes=0-4' },
        }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(PARTS).fill(206));
    const left = answers.map(({ headers }) =>
      Number(headers['x-ratelimit-remaining']),
    );
    expect(Math.min(...left)).toBe(300 - PARTS);
  });
});
