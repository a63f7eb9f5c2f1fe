import { taggedLocation } from '../backends/nginx-options.js';
import {
  type StorageFailure,
  StorageUnavailableError,
  quote,
} from '../errors/download-errors.js';
import { StorageFile } from '../files/storage-file.js';
import { type DownloadExplainer } from '../interceptors/download-explainer.js';
import { DownloadResponse } from '../responses/download-response.js';
import { type DownloadStorage } from '../storages/download-storage.js';
import { errorCode } from '../storages/local-disk.js';
import {
  TooLarge,
  type CanaryOffload,
  askFor,
  type CanaryAnswer,
  readCanary,
  applicationPart,
  offloadsOf,
  outsidePart,
  redirectOf,
  serverPart,
} from './canary-checks.js';
import {
  down,
  type DownloadHealthPart,
  type DownloadHealth,
  unchecked,
  up,
  type CheckedHealthOptions,
} from './download-health.js';

/**
 * What came of asking.
 *
 * @internal
 */
export type Attempt<Value> =
  { readonly value: Value } | { readonly error: unknown };

/**
 * @internal
 */
export async function attempt<Value>(
  action: () => Promise<Value>,
): Promise<Attempt<Value>> {
  try {
    return { value: await action() };
  } catch (error) {
    return { error };
  }
}

/**
 * What is said of an answer, or that there is none.
 *
 * @param asked who was asked, for the message
 * @internal
 */
export async function answeredPart<Answer>(
  asked: string,
  answer: Attempt<Answer>,
  check: (answer: Answer) => DownloadHealthPart | Promise<DownloadHealthPart>,
): Promise<DownloadHealthPart> {
  return 'value' in answer
    ? check(answer.value)
    : down(`${asked} gives no answer: ${causeOf(answer.error)}.`);
}

/** What to look at where a store says why. */
const REASONS: Readonly<Record<StorageFailure, string>> = {
  clock:
    'the clock of this machine is off by more than the store allows: set it',
  'no-bucket': 'the store knows no such bucket or container',
  unreachable: 'the store is not reachable from here',
  'timed-out': 'the store does not answer in time',
  throttled: 'the store is asked more than it takes',
  credentials: 'the store does not take the credentials',
};

/** Never the message of others, which may name a path. */
function causeOf(error: unknown): string {
  if (error instanceof TooLarge) return error.message;
  if (error instanceof StorageUnavailableError && error.reason) {
    return REASONS[error.reason];
  }
  const code = errorCode(causeIn(error)) ?? errorCode(error);
  const parts = [nameOf(error), code].filter((part) => part !== undefined);
  return quote(parts.join(', ') || 'unknown');
}

function causeIn(error: unknown): unknown {
  return isObject(error) && 'cause' in error ? error.cause : undefined;
}

function nameOf(error: unknown): string | undefined {
  return isObject(error) && 'name' in error && typeof error.name === 'string'
    ? error.name
    : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/**
 * Under which addresses a client would get the file, past the application, where the server is set up wrong:
 * the location that the server is told, and nginx's second one. Which directory of it is the rule's, nobody
 * knows here, so each of them is tried.
 *
 * @param publicUrl any address of the server
 * @internal
 */
export function internalAddresses(
  { value }: CanaryOffload,
  publicUrl: string,
): URL[] {
  // Node reads headers as Latin-1; `raw` places are UTF-8.
  const [place = ''] = Buffer.from(value, 'latin1').toString().split('?');
  if (!place.startsWith('/')) return [];
  const directories = [...place.matchAll(/\//g)]
    .map(({ index }) => place.slice(0, index + 1))
    .slice(1);
  return [
    place,
    ...directories.map(
      (directory) => taggedLocation(directory) + place.slice(directory.length),
    ),
  ].map((path) => {
    const address = new URL('/', publicUrl);
    address.pathname = path;
    return address;
  });
}

/**
 * Goes the way of a download, from the storage to the client.
 *
 * @internal
 */
export async function downloadHealth(
  storage: DownloadStorage,
  explainer: DownloadExplainer,
  options: CheckedHealthOptions,
): Promise<DownloadHealth> {
  const read = await attempt(() => readCanary(storage, options));
  const storageHealth = await answeredPart('The canary file', read, (bytes) =>
    bytes.length > 0
      ? up
      : down(`${quote(options.canary)} is empty: give it a line of text.`),
  );
  if (storageHealth.status !== 'up' || !('value' in read)) {
    return onlyStorage(storageHealth);
  }
  const canary = read.value;
  const [direct, through] = await Promise.all([
    attempt(() => askFor(options.appUrl, options)),
    attempt(() => askFor(options.publicUrl, options)),
  ]);
  const application = await answeredPart('appUrl', direct, async (answer) => {
    const file = new StorageFile(storage, options.canary);
    const response = new DownloadResponse(file);
    return applicationPart(answer, canary, await explainer.explain(response));
  });
  const site = { through, offload: offloadOf(direct), canary };
  return {
    storage: storageHealth,
    application,
    server:
      application.status === 'up'
        ? await serverHealth(site, options)
        : unchecked('application'),
    outside: await outsideHealth(site, options),
  };
}

function onlyStorage(storage: DownloadHealthPart): DownloadHealth {
  const rest = unchecked('storage');
  return { storage, application: rest, server: rest, outside: rest };
}

interface AskedSite {
  readonly through: Attempt<CanaryAnswer>;
  readonly offload: CanaryOffload | undefined;
  readonly canary: Buffer;
}

async function serverHealth(
  { through, offload, canary }: AskedSite,
  { timeout }: CheckedHealthOptions,
): Promise<DownloadHealthPart> {
  return answeredPart('publicUrl', through, async (answer) => {
    const elsewhere = redirectOf(answer);
    if (elsewhere === undefined) return serverPart(answer, canary, offload);
    // The store is not whom the headers are meant for.
    const sent = await attempt(() => askFor(elsewhere, { timeout }));
    return answeredPart('The store', sent, (last) =>
      serverPart(last, canary, undefined),
    );
  });
}

async function outsideHealth(
  { through, offload, canary }: AskedSite,
  { publicUrl, timeout }: CheckedHealthOptions,
): Promise<DownloadHealthPart> {
  const addresses = offload ? internalAddresses(offload, publicUrl) : [];
  return answeredPart('publicUrl', through, async (answer) => {
    const inner = await attempt(() =>
      Promise.all(addresses.map((address) => askFor(address, { timeout }))),
    );
    return answeredPart('The internal location', inner, (answers) =>
      outsidePart(answer, answers, canary),
    );
  });
}

function offloadOf(direct: Attempt<CanaryAnswer>): CanaryOffload | undefined {
  return 'value' in direct ? offloadsOf(direct.value)[0] : undefined;
}
