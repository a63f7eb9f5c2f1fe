import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { metrics } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import {
  DownloadEvents,
  MemoryStorage,
  StorageDownloadController,
} from 'nestjs-downloadview';
import { DownloadMetrics } from 'nestjs-downloadview/opentelemetry';
import { filter, firstValueFrom, take, toArray } from 'rxjs';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { httpRequest } from '../support/clients/http-client.js';

describe.each(ADAPTERS)('the metrics of an application on %s', (adapter) => {
  let provider: MeterProvider;
  let exporter: PrometheusExporter;
  let running: RunningApplication;

  beforeEach(async () => {
    exporter = new PrometheusExporter({ preventServerStart: true });
    provider = new MeterProvider({ readers: [exporter] });
    metrics.setGlobalMeterProvider(provider);
    const storage = new MemoryStorage();
    await storage.save('a.txt', '0123456789');
    running = await startApplication(adapter, {
      options: { storages: { default: storage } },
      controllers: [StorageDownloadController.asController('media/*path')],
      providers: [DownloadMetrics],
    });
  });

  afterEach(async () => {
    await running.close();
    await provider.shutdown();
    metrics.disable();
  });

  /** What a Prometheus server would read. */
  function scraped(): Promise<string> {
    return new Promise((resolve) => {
      const response = { setHeader: () => undefined, end: resolve };
      exporter.getMetricsRequestHandler({} as never, response as never);
    });
  }

  it('name the pattern of the route, never the path, and what became of each download', async () => {
    // The metrics have heard of them before: they listen from the boot on.
    const told = firstValueFrom(
      running.app.get(DownloadEvents).pipe(
        filter(({ phase }) => phase === 'finished'),
        take(3),
        toArray(),
      ),
    );
    await httpRequest(running.origin, '/media/a.txt');
    await httpRequest(running.origin, '/media/a.txt', {
      headers: { Range: 'bytes=0-3' },
    });
    await httpRequest(running.origin, '/media/none.txt');
    await told;

    const text = await scraped();
    const lineOf = (name: string, outcome: string): string | undefined =>
      text
        .split('\n')
        .find(
          (line) =>
            line.startsWith(`nestjs_downloadview_${name}{`) &&
            line.includes(`download_outcome="${outcome}"`),
        );
    expect(lineOf('downloads_total', 'completed')).toMatch(/ 2$/);
    expect(lineOf('downloads_total', 'refused')).toMatch(/ 1$/);
    expect(lineOf('downloads_total', 'refused')).toContain(
      'error_type="NotFoundException"',
    );
    expect(lineOf('io_total', 'completed')).toMatch(/ 14$/);
    expect(lineOf('download_duration_count', 'completed')).toMatch(/ 2$/);
    expect(text).toMatch(/http_route="\/media\/\*(?:path)?"/);
    expect(text).not.toContain('a.txt');
    expect(text).toMatch(/^nestjs_downloadview_active_downloads\{.*\} 0$/m);
  });
});
