import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const IGNORED = new Set(['target', 'node_modules', '.git']);

/**
 * One hash of files' names and contents (modification times don't count, so that a fresh clone agrees with an old one).
 *
 * @param {string} base names are taken relative to this folder
 * @param {string[]} entries files and folders; what does not exist counts as absent
 * @param {string} [salt] anything else the result depends on
 * @returns {string} 32 hexadecimal digits
 */
export function contentHash(base, entries, salt = '') {
  const hash = createHash('sha256').update(salt);
  for (const file of entries.flatMap(files).sort()) {
    hash.update(`\0${path.relative(base, file)}\0`).update(fs.readFileSync(file));
  }
  return hash.digest('hex').slice(0, 32);
}

function files(entry) {
  const stat = fs.statSync(entry, { throwIfNoEntry: false });
  if (!stat) return [];
  if (stat.isFile()) return [entry];
  return fs.readdirSync(entry).flatMap((name) => (IGNORED.has(name) ? [] : files(path.join(entry, name))));
}
