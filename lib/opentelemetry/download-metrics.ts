import {
  subscribe as subscribeToChannel,
  unsubscribe as unsubscribeFromChannel,
} from 'node:diagnostics_channel';

import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { type Attributes, type Histogram, metrics } from '@opentelemetry/api';
import { type Subscription } from 'rxjs';

import {
  type DownloadEvent,
  DownloadEvents,
} from '../events/download-events.js';
import {
  ARCHIVE_CHANNEL,
  DERIVED_CHANNEL,
  type MadeFile,
} from '../files/making.js';

const METER = 'nestjs-downloadview';

/** Seconds: from what a disk gives at once to an hour on a slow line. */
const DURATIONS = [0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 1800, 3600];

/** Channels on which the makers of files say how long it took. */
const MAKERS = {
  [ARCHIVE_CHANNEL]: 'nestjs_downloadview.archive.duration',
  [DERIVED_CHANNEL]: 'nestjs_downloadview.derived.duration',
} as const;

/**
 * Measures downloads by OpenTelemetry: put it among the providers of a module.
 *
 * ```ts
 * @Module({ imports: [DownloadModule.forRoot()], providers: [DownloadMetrics] })
 * class AppModule {}
 * ```
 *
 * | instrument | unit | what |
 * |---|---|---|
 * | `nestjs_downloadview.downloads` | {download} | answers that are over, by outcome |
 * | `nestjs_downloadview.active_downloads` | {download} | answers that the application is busy with |
 * | `nestjs_downloadview.io` | By | bytes of bodies that were handed to the operating system |
 * | `nestjs_downloadview.download.duration` | s | how long answers took |
 * | `nestjs_downloadview.archive.duration` | s | how long it took to make and send an archive |
 * | `nestjs_downloadview.derived.duration` | s | how long it took to make a DerivedFile |
 *
 * Attributes: `download.outcome`, `download.sender`, `http.route`, `http.request.method`, and `error.type` where
 * something failed. A download that is handed over to a server counts as `handed-over`, and once more with its
 * own outcome where completions are read: leave `handed-over` out of sums then. `http.server.*` are the
 * HTTP instrumentation's, not these.
 *
 * @publicApi
 */
@Injectable()
export class DownloadMetrics
  implements OnApplicationBootstrap, OnApplicationShutdown
{
  #subscription?: Subscription;
  #unsubscribe: (() => void)[] = [];

  constructor(private readonly events: DownloadEvents) {}

  /** An instrument that is made before the application has set its MeterProvider measures nothing, for ever. */
  onApplicationBootstrap(): void {
    const meter = metrics.getMeter(METER);
    const seconds = (name: string, description: string): Histogram =>
      meter.createHistogram(name, {
        description,
        unit: 's',
        advice: { explicitBucketBoundaries: DURATIONS },
      });
    const downloads = meter.createCounter('nestjs_downloadview.downloads', {
      description: 'Downloads that are over',
      unit: '{download}',
    });
    const active = meter.createUpDownCounter(
      'nestjs_downloadview.active_downloads',
      {
        description: 'Downloads that the application is busy with',
        unit: '{download}',
      },
    );
    const io = meter.createCounter('nestjs_downloadview.io', {
      description: 'Bytes of bodies that were handed to the operating system',
      unit: 'By',
    });
    const duration = seconds(
      'nestjs_downloadview.download.duration',
      'How long downloads took',
    );
    const running = new Set<string>();
    this.#subscription = this.events.subscribe((event) => {
      if (event.phase === 'started') {
        running.add(event.id);
        active.add(1, destinationOf(event));
        return;
      }
      if (running.delete(event.id)) active.add(-1, destinationOf(event));
      const attributes = attributesOf(event);
      downloads.add(1, attributes);
      if (event.bytes !== undefined) io.add(event.bytes, attributes);
      duration.record(event.duration / 1000, attributes);
    });
    for (const [channel, name] of Object.entries(MAKERS)) {
      const histogram = seconds(name, 'How long it took to make a file');
      const record = (message: unknown): void => {
        const { duration: milliseconds, error } = message as MadeFile;
        histogram.record(milliseconds / 1000, errorType(error));
      };
      subscribeToChannel(channel, record);
      this.#unsubscribe.push(() => unsubscribeFromChannel(channel, record));
    }
  }

  /** Measures nothing any more. */
  onApplicationShutdown(): void {
    this.#subscription?.unsubscribe();
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
  }
}

/** What is known when a download begins, and the same when it is over: an UpDownCounter has to meet itself. */
function destinationOf({ method, sender, request }: DownloadEvent): Attributes {
  const route = routeOf(request);
  return {
    'download.sender': sender,
    'http.request.method': method,
    ...(route !== undefined && { 'http.route': route }),
  };
}

function attributesOf(event: DownloadEvent): Attributes {
  const { outcome, error, status } = event;
  const hasFailed = outcome === 'failed' || outcome === 'refused';
  return {
    ...destinationOf(event),
    'download.outcome': outcome,
    ...(hasFailed && { 'error.type': error?.name ?? String(status) }),
  };
}

function errorType(error: unknown): Attributes {
  if (error === undefined) return {};
  return { 'error.type': error instanceof Error ? error.name : '_OTHER' };
}

/** The pattern that matched, which has few values: Express and Fastify keep it in different places. */
function routeOf(request: object): string | undefined {
  const { route, routeOptions } = request as {
    route?: { path?: unknown };
    routeOptions?: { url?: unknown };
  };
  const pattern = routeOptions?.url ?? route?.path;
  return typeof pattern === 'string' ? pattern : undefined;
}
