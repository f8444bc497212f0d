/**
 * The folder in which a run keeps what is not in its place yet. A file in it says whose it is, from the first moment to the last: a
 * folder of that name without it is the user's own, or was published inside of a package, and is never touched.
 */
import { lstatSync, mkdirSync, readdirSync, rmdirSync, rmSync, type Stats, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TransformError } from './errors.js';

// Note: no dot before it. What an interrupted run leaves there can be in use, and servers hide folders that begin with one.
/** The name of the folder, and of what is beside an output folder before its own extension. */
export const STAGING = 'wasm-revive-staging';

/** In it: what is to be done. */
export const LIST = 'staged.json';

/** In it: a whole package. */
export const WHOLE = 'package';

const MARK = 'made-by-wasm-revive.txt';
const MARK_TEXT =
  'wasm-revive keeps files here while it changes a package. A run that was interrupted has left them; the next one takes them away.\n';

/** Makes the folder, which must not be there. */
export function openStaging(staging: string): void {
  mkdirSync(staging);
  try {
    writeFileSync(join(staging, MARK), MARK_TEXT, { flag: 'wx' });
  } catch (error) {
    rmdirSync(staging);
    throw error;
  }
}

/** Whether an earlier run has left it. @throws TransformError `REVIVE_BAD_STAGING` when something else is there */
export function hasStaging(staging: string): boolean {
  const there = entryAt(staging);
  if (there === undefined) return false;
  if (!there.isDirectory()) refuse(staging, `it is ${kindOf(there)}`);
  const names = readdirSync(staging);
  // Between the first two steps of a run, and between its last two, it is empty.
  if (names.length === 0) return true;
  if (!entryAt(join(staging, MARK))?.isFile()) refuse(staging, `it holds ${names.slice(0, 3).join(', ')}`);
  for (const name of names) {
    const entry = entryAt(join(staging, name));
    const fits = name === WHOLE ? entry?.isDirectory() : isStagedName(name) ? entry?.isFile() || entry?.isSymbolicLink() : entry?.isFile();
    if (!fits || !(isStagedName(name) || [MARK, LIST, `${LIST}.tmp`, WHOLE].includes(name))) refuse(staging, `it holds ${name}`);
  }
  return true;
}

/** The name of one staged file. */
export function isStagedName(name: string): boolean {
  return /^\d{1,9}$/.test(name);
}

/** Takes it away. */
export function discardStaging(staging: string): void {
  // First the list, or a run that finds a part of the folder would take what is gone for moved; last what says whose it is.
  rmSync(join(staging, LIST), { force: true });
  for (const name of readdirSync(staging)) if (name !== MARK) rmSync(join(staging, name), { recursive: true, force: true });
  rmSync(join(staging, MARK), { force: true });
  rmdirSync(staging);
}

function refuse(staging: string, found: string): never {
  throw new TransformError(
    'REVIVE_BAD_STAGING',
    `${staging} was not left by a run of wasm-revive (${found}); nothing was changed. ` +
      'wasm-revive needs a folder of that name while it works: give yours another name, or take it away.',
  );
}

/** What is at a path: of a link, the link. */
export function entryAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    // A file is where a folder on the way should be.
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** In words. */
export function kindOf(entry: Stats): string {
  if (entry.isSymbolicLink()) return 'a link';
  if (entry.isDirectory()) return 'a folder';
  if (entry.isFIFO()) return 'a named pipe';
  if (entry.isSocket()) return 'a socket';
  return entry.isFile() ? 'a file' : 'a device';
}
