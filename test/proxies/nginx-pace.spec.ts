import { EventEmitter, once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { Download, nginx } from 'nestjs-downloadview';

import { ADAPTERS } from '../support/application.js';
import {
  type Site,
  startBehindNginx,
} from '../support/servers/behind-nginx.js';
import { describeWith } from '../support/describe-with.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

const CHUNK = Buffer.alloc(64 * 1024, 'x');
/** More than sockets and nginx hold between them. */
const MUCH = 64 * 1024 * 1024;

describeWith(['nginx'], 'the pace of generated content behind nginx', () => {
  describe.each(ADAPTERS)('on %s', (adapter) => {
    const events = new EventEmitter();
    let directory: TemporaryDirectory;
    let site: Site;
    let generated = 0;

    beforeAll(async () => {
      directory = await temporaryDirectory();

      @Controller()
      class GeneratedController {
        @Get('slow')
        @Download()
        async *slow() {
          const goOn = once(events, 'go on');
          yield 'first';
          await goOn;
          yield 'last';
        }

        @Get('much')
        @Download()
        async *much() {
          try {
            for (generated = 0; generated < MUCH; generated += CHUNK.length) {
              yield CHUNK;
            }
          } finally {
            events.emit('ended');
          }
        }
      }

      site = await startBehindNginx(adapter, {
        backend: nginx({
          rules: [{ sourceDir: directory.path, destination: '/_offload/' }],
        }),
        controllers: [GeneratedController],
      });
    });

    afterAll(async () => {
      await site.stop();
      await directory.remove();
    });

    async function begin(path: string): Promise<IncomingMessage> {
      const outgoing = get(`${site.nginx.origin}${path}`, { agent: false });
      const [incoming] = (await once(outgoing, 'response')) as [
        IncomingMessage,
      ];
      return incoming;
    }

    it('brings the first bytes before the last are made', async () => {
      const answer = await begin('/slow');

      const [first] = (await once(answer, 'data')) as [Buffer];
      expect(first.toString()).toBe('first');

      events.emit('go on');
      const [last] = (await once(answer, 'data')) as [Buffer];
      expect(last.toString()).toBe('last');
    });

    it('stops making what a client that left would have got', async () => {
      const answer = await begin('/much');
      await once(answer, 'data');

      const ended = once(events, 'ended');
      answer.destroy();
      await ended;

      expect(generated).toBeLessThan(MUCH);
    });
  });
});
