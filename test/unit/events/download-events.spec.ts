import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { Logger } from '@nestjs/common';
import { filter, map } from 'rxjs';

import {
  type DownloadEvent,
  DownloadEvents,
} from '../../../lib/events/download-events.js';

const event: DownloadEvent = {
  id: 'a',
  phase: 'started',
  sender: 'application',
  method: 'GET',
  status: 200,
  duration: 0,
  file: { name: 'a.txt' },
  controller: 'FileController',
  handler: 'handleDownload',
  request: { method: 'GET', url: '/', headers: {}, params: {}, query: {} },
};

function lines(): string[] {
  const written: string[] = [];
  jest
    .spyOn(Logger.prototype, 'error')
    .mockImplementation(
      (message: unknown) => void written.push(String(message)),
    );
  return written;
}

afterEach(() => {
  jest.restoreAllMocks();
});

describe('DownloadEvents', () => {
  it('is observed while somebody has subscribed, and no longer', () => {
    const events = new DownloadEvents();
    expect(events.isObserved).toBe(false);

    const subscription = events.subscribe(() => undefined);
    expect(events.isObserved).toBe(true);

    subscription.unsubscribe();
    expect(events.isObserved).toBe(false);
  });

  it('publishes the very object to subscribers and on the diagnostics channel', () => {
    const events = new DownloadEvents();
    const seen: unknown[] = [];
    const onMessage = (message: unknown): void => void seen.push(message);
    subscribe('nestjs-downloadview:download', onMessage);
    expect(events.isObserved).toBe(true);
    events.subscribe((one) => seen.push(one));

    events.publish(event);
    unsubscribe('nestjs-downloadview:download', onMessage);

    expect(seen).toEqual([event, event]);
    expect(seen[0]).toBe(seen[1]);
  });

  it('goes on after a listener that throws, behind operators too, with a line in the log', () => {
    const log = lines();
    const events = new DownloadEvents();
    const seen: string[] = [];
    events.subscribe(() => {
      throw new Error('first\nforged line');
    });
    events
      .pipe(
        filter(() => true),
        map(({ id }) => id),
      )
      .subscribe(() => {
        throw new Error('second');
      });
    events
      .pipe(
        map(() => {
          throw new Error('third');
        }),
      )
      .subscribe();
    events.subscribe({ next: ({ id }) => void seen.push(id) });

    events.publish(event);
    events.publish(event);

    expect(seen).toEqual(['a', 'a']);
    expect(log.filter((line) => line.includes('second'))).toHaveLength(2);
    // A stream whose operator threw is over.
    expect(log.filter((line) => line.includes('third'))).toHaveLength(1);
    expect(log.every((line) => !line.includes('\n'))).toBe(true);
  });

  it('tells of an async listener that fails, and does not wait for it', async () => {
    const log = lines();
    const events = new DownloadEvents();
    const late = async (): Promise<void> => {
      await Promise.resolve();
      throw new Error('late');
    };
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- it is what the test is about
    events.subscribe(late);

    events.publish(event);
    expect(log).toEqual([]);
    await new Promise(setImmediate);

    expect(log).toEqual([expect.stringContaining('late')]);
  });

  it('ends for its subscribers when the application closes', () => {
    const events = new DownloadEvents();
    const complete = jest.fn();
    events.subscribe({ complete });

    events.complete();

    expect(complete).toHaveBeenCalledTimes(1);
    expect(events.isObserved).toBe(false);
  });
});
