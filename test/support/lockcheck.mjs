// npm leaves platform packages that a registry does not have out of the lock
// file without a word, and `npm ci` then fails on it. Fails if one is missing.
import { readFileSync } from 'node:fs';

const files = process.argv.slice(2);
let missing = 0;
for (const file of files.length > 0 ? files : ['package-lock.json']) {
  const { packages } = JSON.parse(readFileSync(file, 'utf8'));
  for (const [path, entry] of Object.entries(packages)) {
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      if (isLocked(packages, path, name)) continue;
      console.error(`${file}: ${path || 'the root'} lacks ${name}`);
      missing += 1;
    }
  }
}
process.exitCode = missing > 0 ? 1 : 0;

/** Looks where Node would: next to the package, then in every folder above. */
function isLocked(packages, path, name) {
  for (let at = path; ; at = at.slice(0, at.lastIndexOf('node_modules/'))) {
    const folder = at.replace(/\/$/, '');
    if (packages[`${folder ? `${folder}/` : ''}node_modules/${name}`])
      return true;
    if (!at.includes('node_modules/')) return false;
  }
}
