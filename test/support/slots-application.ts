// A program: an application that counts its downloads on a PostgreSQL that others use, too.
import { startApplication } from './application.js';
import { slotsParts, type SlotsProcessParts } from './slots-site.js';

const { adapter, root, connection, lease } = JSON.parse(
  process.argv[2] ?? '',
) as SlotsProcessParts;

const { origin } = await startApplication(
  adapter,
  slotsParts(root, { type: 'postgres', poolSize: 4, ...connection }, lease),
);
process.send?.(origin);
