import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { buffer } from 'node:stream/consumers';

import { metrics } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import {
  ContentFile,
  DerivedFile,
  MemoryStorage,
  StorageFile,
} from 'nestjs-downloadview';
import { ZipFile } from 'nestjs-downloadview/archives';
import { DownloadMetrics } from 'nestjs-downloadview/opentelemetry';

import {
  type DownloadEvent,
  DownloadEvents,
} from '../../../lib/events/download-events.js';

const started: DownloadEvent = {
  id: 'a',
  phase: 'started',
  sender: 'application',
  method: 'GET',
  status: 200,
  duration: 0,
  file: { name: 'a.txt' },
  controller: 'FileController',
  handler: 'handleDownload',
  request: {
    method: 'GET',
    url: '/files/a.txt',
    headers: {},
    params: {},
    query: {},
    route: { path: '/files/*path' },
  } as DownloadEvent['request'],
};
const finished: DownloadEvent = {
  ...started,
  phase: 'finished',
  outcome: 'completed',
  bytes: 1000,
  duration: 250,
};

describe('DownloadMetrics', () => {
  let exporter: PrometheusExporter;
  let provider: MeterProvider;
  const events = new DownloadEvents();
  const downloadMetrics = new DownloadMetrics(events);

  beforeEach(() => {
    exporter = new PrometheusExporter({ preventServerStart: true });
    provider = new MeterProvider({ readers: [exporter] });
    metrics.setGlobalMeterProvider(provider);
    downloadMetrics.onApplicationBootstrap();
  });

  afterEach(async () => {
    downloadMetrics.onApplicationShutdown();
    await provider.shutdown();
    metrics.disable();
  });

  /** What a Prometheus server would read. */
  async function scraped(): Promise<string[]> {
    let text = '';
    await new Promise<void>((resolve) => {
      exporter.getMetricsRequestHandler(
        {} as never,
        {
          setHeader: () => undefined,
          end: (body: string) => {
            text = body;
            resolve();
          },
        } as never,
      );
    });
    return text.split('\n').filter((line) => /^nestjs_downloadview/.test(line));
  }

  it('counts a download, its bytes and its time by outcome, sender, method and route', async () => {
    events.publish(started);
    events.publish(finished);

    const lines = await scraped();
    const attributes =
      /download_sender="application",http_request_method="GET",http_route="\/files\/\*path",download_outcome="completed",otel/;
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^nestjs_downloadview_downloads_total\{.*\} 1\b/),
        expect.stringMatching(/^nestjs_downloadview_io_total\{.*\} 1000\b/),
        expect.stringMatching(
          /^nestjs_downloadview_download_duration_sum\{.*\} 0\.25\b/,
        ),
        expect.stringMatching(/le="3600"/),
      ]),
    );
    expect(lines.find((line) => line.includes('downloads_total'))).toMatch(
      attributes,
    );
  });

  it('knows how many are running, and lets a later completion change nothing in that', async () => {
    const active = async (): Promise<string | undefined> =>
      (await scraped()).find((line) => line.includes('active_downloads'));
    events.publish(started);
    expect(await active()).toMatch(/ 1$/);

    events.publish({ ...finished, outcome: 'handed-over' });
    events.publish(finished);

    expect(await active()).toMatch(/ 0$/);
  });

  it('names the type of an error', async () => {
    events.publish(started);
    events.publish({
      ...finished,
      outcome: 'failed',
      error: new RangeError('no'),
    });

    expect(await scraped()).toEqual(
      expect.arrayContaining([
        expect.stringContaining('error_type="RangeError"'),
      ]),
    );
  });

  it('takes the time that archives and derived files are made in', async () => {
    const content = new ContentFile('abc', { name: 'a.txt' });
    const zip = new ZipFile([content], { name: 'all.zip' });
    const report = new DerivedFile({
      storage: new MemoryStorage(),
      key: 'report.txt',
      make: () => 'abc',
    });

    await buffer(await zip.open());
    await report.stat();
    await report.stat();

    const lines = await scraped();
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/archive_duration_count\{[^}]*\} 1\b/),
        expect.stringMatching(/derived_duration_count\{[^}]*\} 1\b/),
      ]),
    );
  });

  it('names what kept an archive and a derived file from being made', async () => {
    const missing = new StorageFile(new MemoryStorage(), 'none.txt');
    const zip = new ZipFile([{ file: missing, size: 3, etag: '"a"' }], {
      name: 'all.zip',
    });
    const report = new DerivedFile({
      storage: new MemoryStorage(),
      key: 'report.txt',
      make: () => {
        throw new RangeError('no');
      },
    });

    await expect(zip.open().then(buffer)).rejects.toThrow();
    await expect(report.stat()).rejects.toThrow(RangeError);

    const lines = await scraped();
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(
          /archive_duration_count\{.*error_type="FileNotFoundError".*\} 1\b/,
        ),
        expect.stringMatching(
          /derived_duration_count\{.*error_type="RangeError".*\} 1\b/,
        ),
      ]),
    );
  });

  it('measures nothing any more after the application has closed', async () => {
    downloadMetrics.onApplicationShutdown();

    events.publish(started);
    events.publish(finished);

    expect(await scraped()).toEqual([]);
    expect(events.isObserved).toBe(false);
  });
});
