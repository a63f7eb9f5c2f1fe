import { type Adapter } from '../application.js';
import {
  type ApplicationProcess,
  startApplicationProcess,
} from '../application-process.js';
import { type PostgresCluster } from '../databases/postgres.js';

export interface LimitedProcessParts {
  readonly adapter: Adapter;
  readonly root: string;
  readonly connection: PostgresCluster['connection'];
}

/** An application with limited links in a process of its own. */
export function startLimitedProcess(
  parts: LimitedProcessParts,
): Promise<ApplicationProcess> {
  return startApplicationProcess('limited-application.ts', [
    JSON.stringify(parts),
  ]);
}
