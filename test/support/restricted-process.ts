import { type Adapter } from './application.js';
import {
  type ApplicationProcess,
  startApplicationProcess,
} from './application-process.js';

/** An application that runs as another user where this one is root, and soon has no descriptor left. */
export function startRestrictedProcess(
  adapter: Adapter,
  root: string,
): Promise<ApplicationProcess> {
  return startApplicationProcess(
    'restricted-application.ts',
    [adapter, root],
    'ulimit -n 200',
  );
}
