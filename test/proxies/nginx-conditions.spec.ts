import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import {
  FileSystemStorage,
  nginx,
  PathDownloadController,
  StorageDownloadController,
} from 'nestjs-downloadview';

import {
  type Site,
  startBehindNginx,
} from '../support/servers/behind-nginx.js';
import { describeWith } from '../support/describe-with.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

const EARLIER = 'Sat, 01 Jan 2000 00:00:00 GMT';
const LATER = 'Fri, 01 Jan 2100 00:00:00 GMT';
const CONDITIONS: Record<string, string>[] = [
  { 'If-None-Match': '*' },
  { 'If-None-Match': '"a"' },
  { 'If-None-Match': 'W/"a", "b"' },
  { 'If-None-Match': '' },
  { 'If-Modified-Since': EARLIER },
  { 'If-Modified-Since': LATER },
  { 'If-None-Match': '*', 'If-Modified-Since': LATER },
  { 'If-Match': '*' },
  { 'If-Unmodified-Since': LATER },
  { 'If-Modified-Since': LATER, 'Cache-Control': 'max-age=0' },
  { Range: 'bytes=0-0' },
  { Range: 'bytes=0-0', 'If-Range': '"a"' },
];

describeWith(
  ['nginx'],
  'conditions that the application leaves to nginx',
  () => {
    let directory: TemporaryDirectory;
    let site: Site;

    beforeAll(async () => {
      directory = await temporaryDirectory();
      const root = directory.path;
      await directory.write('a.txt', 'Hello\n');

      @Controller('files/*path')
      class FileController extends PathDownloadController {
        override root = root;
      }

      @Controller('unchanged/*path')
      class UnchangedController extends PathDownloadController {
        override root = root;
        override wasModifiedSince() {
          return false;
        }
      }

      @Controller('changed/*path')
      class ChangedController extends PathDownloadController {
        override root = root;
        override wasModifiedSince() {
          return true;
        }
      }

      class ChangedKeyController extends StorageDownloadController {
        override wasModifiedSince() {
          return true;
        }
      }

      site = await startBehindNginx('express', {
        backend: nginx({
          rules: [{ sourceDir: root, destination: '/_offload/' }],
        }),
        options: { storages: { default: new FileSystemStorage({ root }) } },
        controllers: [
          FileController,
          UnchangedController,
          ChangedController,
          ChangedKeyController.asController('changed-keys/*path'),
        ],
      });
    });

    afterAll(async () => {
      await site.stop();
      await directory.remove();
    });

    it.each(CONDITIONS)(
      'hands over with 200 and no body what nginx answers as it should: %j',
      async (headers) => {
        const answer = await site.direct('/files/a.txt', { headers });

        expect(answer).toMatchObject({
          status: 200,
          text: '',
          headers: {
            'content-length': '0',
            'x-accel-redirect': '/_offload/a.txt',
          },
        });
        for (const name of ['accept-ranges', 'etag', 'last-modified']) {
          expect(answer.headers).not.toHaveProperty(name);
        }
      },
    );

    it('has nginx answer 304 to its own tag and date, with the fields that a cache needs', async () => {
      const { headers } = await site.through('/files/a.txt');
      const { etag = '', 'last-modified': date = '' } = headers;
      for (const [name, value] of [
        ['If-None-Match', etag],
        ['If-Modified-Since', date],
      ]) {
        const answer = await site.through('/files/a.txt', {
          headers: { [name]: value },
        });

        expect(answer).toMatchObject({ status: 304, text: '' });
        expect(answer.headers).toMatchObject({
          'cache-control': headers['cache-control'],
          etag,
        });
      }
    });

    it.each<[number, Record<string, string>]>([
      [412, { 'If-Match': '"a"' }],
      [412, { 'If-Unmodified-Since': EARLIER }],
      [416, { Range: 'bytes=99-' }],
    ])('answers %d itself: %j', async (status, headers) => {
      const answer = await site.direct('/files/a.txt', { headers });

      expect(answer.status).toBe(status);
      expect(answer.headers).not.toHaveProperty('x-accel-redirect');
    });

    it('answers 304 itself where its own hook says that nothing changed', async () => {
      const headers = { 'If-Modified-Since': EARLIER };

      const answer = await site.direct('/unchanged/a.txt', { headers });

      expect(answer).toMatchObject({ status: 304, text: '' });
      expect(answer.headers).not.toHaveProperty('x-accel-redirect');
    });

    it('has its own 304 arrive at the client', async () => {
      const headers = { 'If-Modified-Since': EARLIER };

      const answer = await site.through('/unchanged/a.txt', { headers });

      expect(answer).toMatchObject({ status: 304, text: '' });
    });

    it('hands over where its own hook says that something changed', async () => {
      const headers = { 'If-Modified-Since': LATER };

      const answer = await site.direct('/changed/a.txt', { headers });

      expect(answer).toMatchObject({
        status: 200,
        headers: { 'x-accel-redirect': '/_offload/a.txt' },
      });
    });

    it.each(['/changed/a.txt', '/changed-keys/a.txt'])(
      'has nginx send %s where its own hook says that something changed, whatever the date',
      async (path) => {
        const whole = await site.through(path);
        const date = whole.headers['last-modified'] ?? '';
        const headers = { 'If-Modified-Since': date };

        const {
          status,
          text,
          headers: told,
        } = await site.through(path, {
          headers,
        });

        expect([status, text]).toEqual([200, 'Hello\n']);
        expect(told).toMatchObject({
          etag: whole.headers.etag,
          'last-modified': date,
          'accept-ranges': 'bytes',
        });
      },
    );

    it.each(['/changed/a.txt', '/changed-keys/a.txt'])(
      'leaves %s to nginx where its own hook says that something changed',
      async (path) => {
        const headers = { 'If-Modified-Since': LATER };

        const answer = await site.direct(path, { headers });

        expect(answer.headers['x-accel-redirect']).toBe('/_offload/a.txt');
      },
    );

    it('answers 304 itself with the tag that nginx tells', async () => {
      const { headers } = await site.through('/unchanged/a.txt');

      const answer = await site.through('/unchanged/a.txt', {
        headers: { 'If-Modified-Since': EARLIER },
      });

      expect(answer).toMatchObject({
        status: 304,
        headers: { etag: headers.etag },
      });
    });

    it('does not ask its own hook where the client has a tag', async () => {
      const headers = {
        'If-None-Match': '"a"',
        'If-Modified-Since': EARLIER,
      };

      const answer = await site.direct('/unchanged/a.txt', { headers });

      expect(answer).toMatchObject({
        status: 200,
        headers: { 'x-accel-redirect': '/_offload/a.txt' },
      });
    });
  },
);
