import { type LocationRule, type PathRule } from '../backends/rules.js';
import { WrongUseError } from './command-line.js';

const URL_MARK = 'url:';

/**
 * `/srv/media/`, `/srv/media/=/mnt/media/` or `url:/media/=/mnt/media/`: a rule for a server that is told
 * paths.
 *
 * @throws WrongUseError for another form; what stands in it is checked by the backend
 * @internal
 */
export function pathRule(text: string): PathRule {
  const [source, directory, ...more] = text.split('=');
  if (source === undefined || more.length > 0) throw wrongPathRule(text);
  if (!source.startsWith(URL_MARK)) {
    return { sourceDir: source, destinationDir: directory };
  }
  if (directory === undefined) throw wrongPathRule(text);
  return { sourceUrl: urlOf(source), destinationDir: directory };
}

/**
 * `/srv/media/=/_offload/`, `/srv/media/=/_offload/=/mnt/media/` or `url:/media/=/_media/=/mnt/media/`: a
 * rule for a server that is told internal locations.
 *
 * @throws WrongUseError for another form; what stands in it is checked by the backend
 * @internal
 */
export function locationRule(text: string): LocationRule {
  const [source, destination, directory, ...more] = text.split('=');
  if (source === undefined || destination === undefined || more.length > 0) {
    throw wrongLocationRule(text);
  }
  if (!source.startsWith(URL_MARK)) {
    return { sourceDir: source, destination, destinationDir: directory };
  }
  if (directory === undefined) throw wrongLocationRule(text);
  return { sourceUrl: urlOf(source), destination, destinationDir: directory };
}

function urlOf(source: string): string {
  return source.slice(URL_MARK.length);
}

function wrongPathRule(text: string): WrongUseError {
  return new WrongUseError(
    '--rule',
    text,
    'Give DIRECTORY, DIRECTORY=DIRECTORY-OF-THE-SERVER or url:PREFIX=DIRECTORY-OF-THE-SERVER: ' +
      '/srv/media/, /srv/media/=/mnt/media/, url:/media/=/mnt/media/.',
  );
}

function wrongLocationRule(text: string): WrongUseError {
  return new WrongUseError(
    '--rule',
    text,
    'Give DIRECTORY=LOCATION, DIRECTORY=LOCATION=DIRECTORY-OF-THE-SERVER or ' +
      'url:PREFIX=LOCATION=DIRECTORY-OF-THE-SERVER: /srv/media/=/_offload/, ' +
      '/srv/media/=/_offload/=/mnt/media/, url:/media/=/_media/=/mnt/media/.',
  );
}
