import fs from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';
import { npm, run } from './processes.mjs';

/**
 * Why the npm packages have to be installed, or nothing when what is there is what the lock file says.
 *
 * @returns {string | undefined}
 */
export function staleReason() {
  const wanted = readLock(path.join(root, 'package-lock.json'));
  // npm's own record of what it has put there.
  const there = readLock(path.join(root, 'node_modules/.package-lock.json'));
  if (!there) return 'not installed yet';
  for (const [name, entry] of Object.entries(wanted ?? {})) {
    if (name === '' || !name.includes('node_modules/')) continue;
    // Packages for other platforms are rightly absent.
    if (entry.optional && !there[name]) continue;
    if (entry.link ? !there[name]?.link : there[name]?.version !== entry.version)
      return `${name.replace(/^.*node_modules\//, '')} has changed`;
  }
  return undefined;
}

/**
 * Installs exactly what the lock file says.
 *
 * @param {(line: string) => void} onLine hears npm's output
 */
export async function installPackages(onLine) {
  const { command, args } = npm();
  await run(command, [...args, 'ci', '--no-audit', '--no-fund'], { cwd: root, onLine });
}

function readLock(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
