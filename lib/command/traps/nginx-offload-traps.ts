import { type Finding, found, problem } from '../finding.js';
import { directivesNamed } from '../syntax/directive.js';
import { inForce, isOffload, type Location } from './nginx-levels.js';

const LINKS = problem(
  'symlinks',
  'nginx follows symbolic links: one that is made in the directory after the application looked leads to any file that nginx can read.',
  'Put `disable_symlinks on from=DIRECTORY;` into the location, with the directory of its alias.',
);
const DIRECTORY = problem(
  'directory-redirect',
  'For a directory without a slash at its end nginx redirects the client, and so tells it the internal location.',
  'Put `if (-d $request_filename) { return 404; }` into the location.',
);
const GZIP = problem(
  'gzip',
  'A file that nginx compresses has no length and no ranges: downloads cannot be resumed.',
  'Put `gzip off;` into the location.',
);
const BROUGHT_BACK = [
  {
    name: 'Content-Security-Policy',
    purpose: 'sandboxes what a browser shows',
    value: '$upstream_http_content_security_policy',
  },
  {
    name: 'X-Content-Type-Options',
    purpose: 'keeps a browser from guessing the type',
    value: 'nosniff always',
  },
];

/**
 * What the locations lack by which files go out.
 *
 * @internal
 */
export function offloadTraps(locations: readonly Location[]): Finding[] {
  return locations
    .filter(isOffload)
    .flatMap((location) => [
      ...linkTraps(location),
      ...directoryTraps(location),
      ...gzipTraps(location),
      ...lostHeaders(location),
    ]);
}

function linkTraps({ level, directive }: Location): Finding[] {
  const [setting] = inForce(level, 'disable_symlinks');
  if (setting && setting.values[0] !== 'off') return [];
  const own = directivesNamed(level.block, 'disable_symlinks')[0];
  return [found(LINKS, own ?? directive)];
}

function directoryTraps({ level, directive }: Location): Finding[] {
  const refuses = level.block.some(
    ({ name, values, block = [] }) =>
      name === 'if' &&
      /^\(\s*-d\s+\$request_filename\s*\)$/.test(values.join(' ')) &&
      directivesNamed(block, 'return').length > 0,
  );
  // It looks for files only, unless told a name with a slash at its end.
  const tries = inForce(level, 'try_files')[0]?.values;
  const triesFiles =
    tries !== undefined && !tries.slice(0, -1).some((name) => /\/$/.test(name));
  return refuses || triesFiles ? [] : [found(DIRECTORY, directive)];
}

function gzipTraps({ level, directive }: Location): Finding[] {
  const [setting] = inForce(level, 'gzip');
  if (setting?.values[0] !== 'on') return [];
  const own = directivesNamed(level.block, 'gzip')[0];
  return [found(GZIP, own ?? directive)];
}

function lostHeaders({ level, directive }: Location): Finding[] {
  const present = inForce(level, 'add_header').map(({ values }) =>
    values[0]?.toLowerCase(),
  );
  return BROUGHT_BACK.filter(
    ({ name }) => !present.includes(name.toLowerCase()),
  ).map(({ name, purpose, value }) =>
    found(
      problem(
        'header-not-brought-back',
        `Of the application's headers nginx keeps five with a file, and ${name}, which ${purpose}, is not among them.`,
        `Put \`add_header ${name} ${value};\` into the location.`,
      ),
      directive,
    ),
  );
}
