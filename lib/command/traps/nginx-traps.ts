import { type Finding } from '../finding.js';
import { type Directive } from '../syntax/directive.js';
import { headerTraps } from './nginx-header-traps.js';
import { levelsOf, locationsOf } from './nginx-levels.js';
import { locationTraps } from './nginx-location-traps.js';
import { offloadTraps } from './nginx-offload-traps.js';
import { openTraps } from './nginx-open-traps.js';
import { proxyTraps } from './nginx-proxy-traps.js';

/**
 * The known traps in a configuration of nginx.
 *
 * @internal
 */
export function nginxTraps(directives: readonly Directive[]): Finding[] {
  const levels = levelsOf(directives);
  const locations = locationsOf(levels);
  return [
    ...locationTraps(locations),
    ...openTraps(locations),
    ...offloadTraps(locations),
    ...proxyTraps(locations),
    ...headerTraps(levels),
  ];
}
