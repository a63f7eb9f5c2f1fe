import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { ContentFile, VirtualDownloadController } from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { httpRequest } from '../support/clients/http-client.js';

@Controller('file')
class FileController extends VirtualDownloadController {
  override getFile() {
    return new ContentFile('content', { name: 'file.txt' });
  }

  override getCacheControl() {
    return 'max-age=1\nX: y';
  }
}

describe.each(ADAPTERS)('a header that cannot be sent on %s', (adapter) => {
  let running: RunningApplication;

  beforeAll(async () => {
    running = await startApplication(adapter, {
      controllers: [FileController],
    });
  });

  afterAll(() => running.close());

  it.each(['GET', 'HEAD'])(
    'is a 500 to %s without any header of the file',
    async (method) => {
      const { status, headers } = await httpRequest(running.origin, '/file', {
        method,
      });
      expect(status).toBe(500);
      expect(headers).not.toHaveProperty('content-disposition');
      // Fastify finds it out itself where there is no body, and sends no Cache-Control at all.
      expect(headers['cache-control'] ?? 'no-store').toBe('no-store');
    },
  );
});
