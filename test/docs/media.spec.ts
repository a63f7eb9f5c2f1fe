import { afterAll, beforeAll, it } from '@jest/globals';
import { type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  DownloadModule,
  nginx,
  StorageDownloadController,
} from 'nestjs-downloadview';
import {
  expectDownload,
  expectXAccelRedirect,
  fakeProxy,
  temporaryStorage,
  type TemporaryStorage,
} from 'nestjs-downloadview/testing';
import request from 'supertest';

let storage: TemporaryStorage;
let app: INestApplication;
const rules = () => [{ sourceDir: storage.root, destination: '/_offload/' }];

beforeAll(async () => {
  storage = await temporaryStorage();
  await storage.save('report.txt', 'Hello world!\n');
  const backend = nginx({ rules: rules() });
  const testing = await Test.createTestingModule({
    imports: [
      DownloadModule.forRoot({ backend, storages: { default: storage } }),
    ],
    controllers: [StorageDownloadController.asController('media/*path')],
  }).compile();
  app = await testing.createNestApplication().init();
});

afterAll(async () => {
  await app.close();
  await storage.remove();
});

it('leaves the file to nginx', async () => {
  const response = await request(app.getHttpServer()).get('/media/report.txt');
  expectXAccelRedirect(response, {
    redirectUrl: '/_offload/report.txt',
    basename: 'report.txt',
    attachment: true,
  });
});

it('brings the file to the client', async () => {
  const proxy = await fakeProxy(app, { server: 'nginx', rules: rules() });
  const response = await request(proxy.url).get('/media/report.txt');
  expectDownload(response, { content: 'Hello world!\n', size: 13 });
  await proxy.close();
});
