/**
 * A folder of one run's own, for as long as that takes. Its name says whose it is, so that it is never without an owner: what a run that was killed
 * has left, the next one takes away.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ownerAtWork, ownerIn, thisOwner } from './owner.js';
import { isSystemError } from './plain-errors.js';
import { entryAt } from './staging.js';

/** What is older was left by a run that was killed. A run keeps such a folder while a tool is at work, wasm-opt say. */
const LONGEST_RUN_MS = 60 * 60_000;

/**
 * Makes a folder.
 * @param within the folder that it is made in
 * @param name what its name begins with: nobody else's begins so
 */
export function openRunFolder(within: string, name: string): string {
  return mkdtempSync(join(within, `${name}.${thisOwner()}.`));
}

/** Takes away the folders that runs which were killed have left: see {@link openRunFolder}. Those of runs that may be at work stay. */
export function removeLeftFolders(within: string, name: string): void {
  for (const entry of namesIn(within)) {
    const owner = entry.startsWith(`${name}.`) ? ownerIn(entry.slice(name.length + 1)) : undefined;
    if (owner === undefined || ownerAtWork(owner, LONGEST_RUN_MS) !== undefined) continue;
    const folder = join(within, entry);
    try {
      // Note: of a link, what it leads to is somebody else's.
      if (entryAt(folder)?.isDirectory()) rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      // It is another user's, or another run takes it away at this moment.
      if (!isSystemError(error)) throw error;
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    // Who writes there says what is wrong with it.
    if (isSystemError(error)) return [];
    throw error;
  }
}
