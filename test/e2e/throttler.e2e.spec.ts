import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import {
  type ApplicationProcess,
  startApplicationProcess,
} from '../support/application-process.js';
import { httpRequest } from '../support/clients/http-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

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
  }, 30_000);

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

  it.each([
    [
      'refuses the parts after the tenth where ten are its limit',
      'counted',
      10,
    ],
    [
      'lets all parts pass where what asks for a range is skipped',
      'skipped',
      12,
    ],
  ])('%s', async (_title, route, served) => {
    const statuses: number[] = [];
    for (let part = 0; part < PARTS; part += 1) {
      const { status } = await httpRequest(
        application?.origin ?? '',
        `/${route}/hello.txt`,
        { headers: { Range: `bytes=${part}-${part}` } },
      );
      statuses.push(status);
    }

    expect(statuses).toEqual([
      ...Array<number>(served).fill(206),
      ...Array<number>(PARTS - served).fill(429),
    ]);
  });
});
