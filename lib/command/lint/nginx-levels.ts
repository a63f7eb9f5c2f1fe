import { type Directive, directivesNamed } from '../syntax/directive.js';

/**
 * A block, and the blocks around it.
 *
 * @internal
 */
export interface Level {
  /** What opens it; none around the whole text. */
  readonly directive?: Directive;
  readonly block: readonly Directive[];
  readonly outer?: Level;
}

/**
 * @internal
 */
export interface Location {
  readonly level: Level;
  readonly directive: Directive;
  /** `=`, `^~`, `~`, `~*`, `@` for a name, or nothing. */
  readonly modifier: string;
  readonly uri: string;
}

/** Blocks that have nothing to do with HTTP. */
const ELSEWHERE = ['stream', 'mail'];

/**
 * Every block that has to do with HTTP, outer ones first.
 *
 * @internal
 */
export function levelsOf(
  block: readonly Directive[],
  directive?: Directive,
  outer?: Level,
): Level[] {
  const level: Level = { directive, block, outer };
  return [
    level,
    ...block.flatMap((inner) =>
      inner.block && !ELSEWHERE.includes(inner.name)
        ? levelsOf(inner.block, inner, level)
        : [],
    ),
  ];
}

/**
 * The directives of this name that hold in a block: its own, or those of the nearest block around it that
 * has any. This is how nginx inherits.
 *
 * @internal
 */
export function inForce(
  level: Level | undefined,
  name: string,
): readonly Directive[] {
  if (!level) return [];
  const own = directivesNamed(level.block, name);
  return own.length > 0 ? own : inForce(level.outer, name);
}

/**
 * @internal
 */
export function locationsOf(levels: readonly Level[]): Location[] {
  return levels.flatMap((level) => {
    const { directive } = level;
    if (directive?.name !== 'location') return [];
    const [first = '', second] = directive.values;
    if (second !== undefined) {
      return [{ level, directive, modifier: first, uri: second }];
    }
    // `location =/exact` is allowed, too.
    const [, modifier = '', uri = first] =
      /^(=|\^~|~\*|~|@)(.*)$/.exec(first) ?? [];
    return [{ level, directive, modifier, uri }];
  });
}

/**
 * @internal
 */
export function has({ level }: Location, name: string): boolean {
  return directivesNamed(level.block, name).length > 0;
}

/**
 * Whether nginx sends files by this internal location: not an exact one, as error pages have, and none
 * that asks another server.
 *
 * @internal
 */
export function isOffload(location: Location): boolean {
  const { level, modifier } = location;
  return (
    has(location, 'internal') &&
    !['=', '@'].includes(modifier) &&
    !level.block.some(({ name }) => /_pass$|^return$/.test(name)) &&
    [...inForce(level, 'root'), ...inForce(level, 'alias')].length > 0
  );
}

/**
 * A location that asks another server.
 *
 * @internal
 */
export interface Proxy extends Location {
  /** Its `proxy_pass`. */
  readonly pass: Directive;
}

/**
 * @internal
 */
export function proxiesOf(locations: readonly Location[]): Proxy[] {
  return locations.flatMap((location) => {
    const [pass] = directivesNamed(location.level.block, 'proxy_pass');
    return pass ? [{ ...location, pass }] : [];
  });
}
