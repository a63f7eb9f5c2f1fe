// A program: an application with limited links to the files of a directory, on a PostgreSQL that others use, too.
import { startApplication } from './application.js';
import { type LimitedProcessParts } from './links/limited-process.js';
import { limitedParts } from './links/limited-site.js';

const { adapter, root, connection } = JSON.parse(
  process.argv[2] ?? '',
) as LimitedProcessParts;

const { origin } = await startApplication(
  adapter,
  limitedParts({
    root,
    // The cluster has 20 connections for all.
    database: {
      type: 'postgres',
      synchronize: false,
      poolSize: 6,
      ...connection,
    },
    links: { checkInterval: 0.2 },
  }),
);
process.send?.(origin);
