import { quote } from '../errors/quote.js';
import { StorageFile } from '../files/storage-file.js';
import { type DownloadExplainer } from '../interceptors/download-explainer.js';
import { DownloadResponse } from '../responses/download-response.js';
import { type DownloadStorage } from '../storages/download-storage.js';
import { type Attempt, attempt, answeredPart } from './attempt.js';
import { askFor, type CanaryAnswer, readCanary } from './canary-bytes.js';
import {
  applicationPart,
  type CanaryOffload,
  offloadsOf,
  outsidePart,
  redirectOf,
  serverPart,
} from './canary-checks.js';
import {
  down,
  type DownloadHealth,
  type DownloadHealthPart,
  unchecked,
  up,
} from './download-health.js';
import { type CheckedHealthOptions } from './download-health-options.js';
import { internalAddresses } from './internal-addresses.js';

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
