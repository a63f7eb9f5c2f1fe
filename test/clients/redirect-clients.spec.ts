import { readFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { redirect, StorageDownloadController } from 'nestjs-downloadview';

import {
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { command } from '../support/command.js';
import { describeWith } from '../support/describe-with.js';
import { SigningStore } from '../support/stores/signing-store.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

const CONTENT = randomBytes(1_000_000);

describeWith(
  ['curl', 'wget'],
  'clients that are sent to the store by redirect()',
  () => {
    let directory: TemporaryDirectory;
    let store: SigningStore;
    let running: RunningApplication;

    beforeAll(async () => {
      directory = await temporaryDirectory();
      store = await SigningStore.start();
      const { storage, host } = store;
      await storage.save('folder/a+b.bin', CONTENT);
      running = await startApplication('express', {
        options: {
          backend: redirect({ hosts: [host] }),
          storages: { default: storage },
        },
        controllers: [
          StorageDownloadController.asController('store/*path', {
            basename: 'report.bin',
          }),
        ],
      });
    });

    afterAll(async () => {
      await running.close();
      store.close();
      await directory.remove();
    });

    const address = (): string => `${running.origin}/store/folder/a+b.bin`;

    it('curl gets the bytes under the name of the download', async () => {
      const { code, errors } = await command('curl', ['-fsSLOJ', address()], {
        cwd: directory.path,
      });

      expect({ code, errors }).toEqual({ code: 0, errors: '' });
      const bytes = await readFile(`${directory.path}/report.bin`);
      expect(bytes.equals(CONTENT)).toBe(true);
    });

    it('wget gets the bytes under the name of the download', async () => {
      const { code } = await command(
        'wget',
        ['-q', '--content-disposition', '-P', 'wget', address()],
        { cwd: directory.path },
      );

      expect(code).toBe(0);
      const bytes = await readFile(`${directory.path}/wget/report.bin`);
      expect(bytes.equals(CONTENT)).toBe(true);
    });

    it('curl goes on with half of the file', async () => {
      const half = await directory.write(
        'half.bin',
        CONTENT.subarray(0, 400_000),
      );

      const { code } = await command('curl', [
        ...['-fsSL', '-C', '-', '-o', half, address()],
      ]);

      expect(code).toBe(0);
      expect((await readFile(half)).equals(CONTENT)).toBe(true);
      expect(store.requests.at(-1)?.headers).toContain('Range');
    });
  },
);
