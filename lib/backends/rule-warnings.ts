import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';

import { quote } from '../errors/quote.js';
import { type PathRule, sourceOf } from './rules.js';
import { type ServerProfile } from './server-profile.js';
import { toldPlace } from './told-place.js';

/**
 * Rules that this machine, or this server, makes nothing of.
 *
 * @internal
 */
export async function ruleWarnings<Rule extends PathRule>(
  profile: ServerProfile<Rule>,
  rules: readonly Rule[],
): Promise<readonly string[]> {
  const warnings = await Promise.all(
    rules.map((rule) => warningOf(profile, rule)),
  );
  return warnings.filter((warning) => warning !== undefined);
}

async function warningOf<Rule extends PathRule>(
  profile: ServerProfile<Rule>,
  rule: Rule,
): Promise<string | undefined> {
  const place = profile.placeOf(rule);
  if (toldPlace(place, ['a'], profile) === undefined) {
    return (
      `${profile.name} cannot be told ${quote(place)} with pathEncoding '${profile.pathEncoding}': ` +
      `the application sends the files of ${quote(sourceOf(rule))} itself. Give the directory another name.`
    );
  }
  if (!('sourceDir' in rule)) return undefined;
  const { sourceDir, destinationDir } = rule;
  try {
    const isLinked = (await realpath(sourceDir)) !== resolve(sourceDir);
    if (!isLinked || profile.followsLinks !== false) return undefined;
    if (destinationDir !== undefined) return undefined;
    return (
      `sourceDir ${quote(sourceDir)} leads over a symbolic link, and ${profile.name} follows none: the ` +
      'application sends its files itself. Give the directory that it leads to as destinationDir.'
    );
  } catch {
    return (
      `sourceDir ${quote(sourceDir)} of a rule of ${profile.name} does not exist or cannot be entered: ` +
      'no file of it is offloaded. Create it, or correct the rule.'
    );
  }
}
