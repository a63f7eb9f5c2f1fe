import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  DownloadStorages,
  FileSystemStorage,
  nginx,
  SignedUrl,
  signedUrls,
  StorageDownloadController,
  UrlSigner,
} from 'nestjs-downloadview';

import { ADAPTERS } from '../support/application.js';
import {
  type Site,
  startBehindNginx,
} from '../support/servers/behind-nginx.js';
import { describeWith } from '../support/describe-with.js';
import { type Exchanged, exchangesOf } from '../support/clients/exchanges.js';
import { signedAgo, SIGNING } from '../support/links/links.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

const NAMES = [
  'a b.txt',
  'a&b=c.txt',
  'a+b.txt',
  'é.txt',
  '日本.txt',
  '100%25.txt',
  'what?.txt',
  'a#b.txt',
  "it's (1)!.txt",
  '"a"<b>^`{c}|.txt',
];

/** Behind the slash nginx decodes the path, and codes it again in its own way. */
const RECODING = 'recoding';
const WAYS = [['as it is'], [RECODING]] as const;

describeWith(['nginx'], 'signed links behind nginx', () => {
  for (const [adapter] of ADAPTERS) {
    describe.each(WAYS)(`${adapter}, %s`, (way) => {
      let directory: TemporaryDirectory;
      let site: Site;
      let exchanged: Exchanged[];

      beforeAll(async () => {
        directory = await temporaryDirectory();
        const root = directory.path;
        for (const name of NAMES) await directory.write(`sub/${name}`, name);
        const backend = nginx({
          rules: [
            {
              sourceUrl: '/api/media/',
              destination: '/_offload/',
              destinationDir: `${root}/`,
            },
          ],
        });
        site = await startBehindNginx(adapter, {
          backend: {
            ...backend,
            serverConfig: (options) => {
              const printed = backend.serverConfig?.(options) ?? '';
              return way === RECODING
                ? printed.replace(/(proxy_pass http:[^;]*);/, '$1/;')
                : printed;
            },
          },
          options: {
            signing: SIGNING,
            storages: {
              default: signedUrls(
                new FileSystemStorage({ root, baseUrl: '/api/media/' }),
              ),
            },
          },
          controllers: [
            StorageDownloadController.asController('media/*path', {
              decorators: [SignedUrl()],
            }),
          ],
          configure: (app) => app.setGlobalPrefix('api'),
        });
        exchanged = exchangesOf(site.application.app);
      });

      afterAll(async () => {
        await site.stop();
        await directory.remove();
      });

      const linkOf = (name: string): string => {
        const storages = site.application.app.get(DownloadStorages);
        return storages.get().url?.(`sub/${name}`) ?? '';
      };

      it.each(NAMES)('lead to %s, which nginx sends', async (name) => {
        const link = linkOf(name);
        const direct = await site.direct(link);
        expect([direct.status, direct.text]).toEqual([200, '']);
        expect(direct.headers['x-accel-redirect']).toMatch(
          /^\/_offload\/sub\//,
        );
        const { status, text, headers } = await site.through(link);
        expect([status, text]).toEqual([200, name]);
        expect(headers['referrer-policy']).toBe('no-referrer');
        const head = await site.through(link, { method: 'HEAD' });
        expect([head.status, head.headers['content-length']]).toEqual([
          200,
          String(Buffer.byteLength(name)),
        ]);
        const part = await site.through(link, {
          headers: { Range: 'bytes=1-2' },
        });
        expect([part.status, part.text]).toEqual([
          206,
          Buffer.from(name).subarray(1, 3).toString(),
        ]);
      });

      it('are asked of the application as nginx writes them', async () => {
        const link = linkOf('a&b=c.txt');
        await site.through(link);
        const asked = exchanged.at(-1)?.url;
        if (way === RECODING) expect(asked).toContain('/a&b=c.txt?');
        else expect(asked).toBe(link);
      });

      it('fix the presentation, which reaches the client', async () => {
        const signer = site.application.app.get(UrlSigner);
        const { headers, text } = await site.through(
          signer.sign('/api/media/sub/é.txt', {
            basename: 'ö.png',
            contentType: 'image/png',
            attachment: false,
          }),
        );
        expect(text).toBe('é.txt');
        expect(headers['content-type']).toBe('image/png');
        expect(headers['content-disposition']).toMatch(
          /^inline; filename="o\.png"/,
        );
      });

      it('that do not hold bring no file', async () => {
        const link = linkOf('a b.txt');
        const expired = signedAgo(10, '/api/media/sub/a b.txt', {
          expiresIn: 9,
        });
        const bad = [
          expired,
          link.replace('a%20b', 'a+b'),
          link.replace(/\?.*/, ''),
          `${link}=`,
        ];
        for (const tampered of bad) {
          for (const answer of [
            await site.through(tampered),
            await site.direct(tampered),
          ]) {
            expect(answer.status).toBe(403);
            expect(answer.headers).not.toHaveProperty('x-accel-redirect');
            expect(JSON.parse(answer.text)).toEqual({
              message: 'Forbidden',
              statusCode: 403,
            });
          }
        }
      });
    });
  }
});
